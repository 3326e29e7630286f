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
	return &Kind{Name: "sluice", Keeps: true, Durable: true, FanOut: true,
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
	folder := filepath.Join(cache, "kinesalite-3.3.3")
	program := filepath.Join(folder, "node_modules", "kinesalite", "cli.js")
	if _, err := os.Stat(program); err != nil {
		if err := install(folder); err != nil {
			return nil, fmt.Errorf("install kinesalite: %w", err)
		}
	}
	return &Kind{Name: "kinesalite", Keeps: true, command: func(port int, _ string) *exec.Cmd {
		c := exec.Command("node", program, "--port", strconv.Itoa(port), "--createStreamMs", "50", "--shardLimit", "1000")
		c.Env = append(os.Environ(), "NODE_ENV=production")
		return c
	}}, nil
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
// child process: "canned" or "segments".
func Limit(name string) (*Kind, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &Kind{Name: name, PutsOnly: name == "segments", command: func(port int, folder string) *exec.Cmd {
		return exec.Command(self, "limit", name, fmt.Sprintf("127.0.0.1:%d", port), folder)
	}}, nil
}
