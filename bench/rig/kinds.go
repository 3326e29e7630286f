package rig

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// npm pins the opponents that come from there, with all they depend on.
//
//go:embed npm/package.json npm/package-lock.json
var npm embed.FS

// Sluice is the server under test, as built, with its default durability on a
// data folder. Limits are off, unless extra flags set them, because a rate limit
// is not a speed.
func Sluice(binary string, extra ...string) *Kind {
	return &Kind{Name: "sluice", Keeps: true, Durable: true, FanOut: true, Clock: true,
		command: func(port int, folder string) *exec.Cmd {
			arguments := []string{"serve", "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--data", folder}
			if !slices.Contains(extra, "--limits") {
				arguments = append(arguments, "--limits", "off")
			}
			return exec.Command(binary, append(arguments, extra...)...)
		}}
}

// Build makes the stripped binary of sluice as it is shipped.
func Build(folder string) (string, error) {
	binary := filepath.Join(folder, "sluice")
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "sluice/cmd/sluice")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("build sluice: %w", err)
	}
	return binary, nil
}

// Kinesalite is the npm package of that name, in memory. It is installed into
// a folder under cache when it is not there yet.
func Kinesalite(cache string) (*Kind, error) {
	program, err := installed(cache, "kinesalite", "cli.js")
	if err != nil {
		return nil, err
	}
	return &Kind{Name: "kinesalite", Keeps: true, command: func(port int, _ string) *exec.Cmd {
		c := exec.Command("node", program, "--port", strconv.Itoa(port), "--createStreamMs", "50", "--shardLimit", "1000")
		c.Env = append(os.Environ(), "NODE_ENV=production")
		return c
	}}, nil
}

// KinesisMock is kinesis-mock as npm has it, in memory.
func KinesisMock(cache string) (*Kind, error) {
	program, err := installed(cache, "kinesis-local", "main.js")
	if err != nil {
		return nil, err
	}
	return &Kind{Name: "kinesis-mock", Keeps: true, FanOut: true, command: func(port int, _ string) *exec.Cmd {
		c := exec.Command("node", program)
		c.Dir = filepath.Dir(program) // where it looks for its certificate
		c.Env = append(os.Environ(), "NODE_ENV=production", "LOG_LEVEL=ERROR", "SHARD_LIMIT=1000", "CREATE_STREAM_DURATION=50ms",
			"REGISTER_STREAM_CONSUMER_DURATION=50ms", "KINESIS_MOCK_PLAIN_PORT="+strconv.Itoa(port),
			"KINESIS_MOCK_TLS_PORT="+strconv.Itoa(port+1))
		return c
	}}, nil
}

// Moto is the server of the Python package, which has to be there: pip install
// "moto[server]". It ends the connection with each answer.
func Moto() (*Kind, error) {
	program, err := exec.LookPath("moto_server")
	if err != nil {
		return nil, fmt.Errorf("moto: %w; pip install 'moto[server]'", err)
	}
	return &Kind{Name: "moto", Keeps: true, command: func(port int, _ string) *exec.Cmd {
		return exec.Command(program, "-p", strconv.Itoa(port))
	}}, nil
}

// Ferrokinesis is the crate of that name, in memory, which has to be there:
// cargo install ferrokinesis.
func Ferrokinesis() (*Kind, error) {
	program, err := exec.LookPath("ferrokinesis")
	if err != nil {
		return nil, fmt.Errorf("ferrokinesis: %w; cargo install ferrokinesis", err)
	}
	return &Kind{Name: "ferrokinesis", Keeps: true, FanOut: true, command: func(port int, _ string) *exec.Cmd {
		return exec.Command(program, "--port", strconv.Itoa(port), "--create-stream-ms", "50", "--shard-limit", "1000")
	}}, nil
}

// installed returns a program of the npm packages, installing them into a folder
// under cache when they are not there yet.
func installed(cache, name, program string) (string, error) {
	folder := filepath.Join(cache, "opponents-2")
	file := filepath.Join(folder, "node_modules", name, program)
	if _, err := os.Stat(file); err != nil {
		if err := install(folder); err != nil {
			return "", fmt.Errorf("install %s: %w", name, err)
		}
	}
	return file, nil
}

// install leaves out optional packages and install scripts: in memory
// kinesalite needs no native code.
func install(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := npm.ReadFile("npm/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o644); err != nil {
			return err
		}
	}
	c := exec.Command("npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = folder
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Limit is a server of the limits package, served by this very program in a
// child process: "canned", "parsed", "segments" or "segments-fsync".
func Limit(name string) (*Kind, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	segments := name == "segments" || name == "segments-fsync"
	return &Kind{Name: name, PutsOnly: name == "parsed", Keeps: segments, Durable: segments, Limit: true, command: func(port int, folder string) *exec.Cmd {
		return exec.Command(self, "limit", name, fmt.Sprintf("127.0.0.1:%d", port), folder)
	}}, nil
}
