package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// model is service-2.json as far as it matters here.
type model struct {
	Metadata struct {
		APIVersion   string `json:"apiVersion"`
		TargetPrefix string `json:"targetPrefix"`
	} `json:"metadata"`
	Operations map[string]*operation `json:"operations"`
	Shapes     map[string]*shape     `json:"shapes"`
}

type operation struct {
	Name string `json:"name"`
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input  *ref  `json:"input"`
	Output *ref  `json:"output"`
	Errors []ref `json:"errors"`
}

// ref points at a shape and says how the member travels.
type ref struct {
	Shape           string `json:"shape"`
	Location        string `json:"location"`
	LocationName    string `json:"locationName"`
	TimestampFormat string `json:"timestampFormat"`
}

type shape struct {
	Type            string   `json:"type"`
	Required        []string `json:"required"`
	Members         members  `json:"members"`
	Member          *ref     `json:"member"`
	Key             *ref     `json:"key"`
	Value           *ref     `json:"value"`
	Min             *number  `json:"min"`
	Max             *number  `json:"max"`
	Pattern         string   `json:"pattern"`
	Enum            []string `json:"enum"`
	Payload         string   `json:"payload"`
	TimestampFormat string   `json:"timestampFormat"`
	EventStream     bool     `json:"eventstream"`
	Exception       bool     `json:"exception"`
	Fault           bool     `json:"fault"`
	Error           struct {
		HTTPStatusCode int `json:"httpStatusCode"`
	} `json:"error"`

	// acceptAlso widens what the pattern admits without changing the text shown.
	acceptAlso string
	// acceptInstead says the same as the pattern where that cannot be translated.
	acceptInstead string
}

// number is a bound; some models write whole numbers as 1.0.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*n = number(f)
	return nil
}

// members keeps the order of the model, which a map would lose.
type members []member

type member struct {
	name string
	ref  ref
}

func (m *members) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var r ref
		if err := d.Decode(&r); err != nil {
			return err
		}
		*m = append(*m, member{fmt.Sprint(name), r})
	}
	return nil
}

// has says whether a member exists.
func (m members) has(name string) bool {
	for _, x := range m {
		if x.name == name {
			return true
		}
	}
	return false
}

// load reads the model of one service from a folder or a wheel.
func load(models, service, version string) (*model, error) {
	root, closer, err := open(models)
	if err != nil {
		return nil, err
	}
	defer closer()
	tried := []string{}
	for _, name := range []string{
		service + "-" + version + ".service-2.json",
		"botocore/data/" + service + "/" + version + "/service-2.json",
		"data/" + service + "/" + version + "/service-2.json",
		service + "/" + version + "/service-2.json",
	} {
		for _, name := range []string{name, name + ".gz"} {
			tried = append(tried, name)
			b, err := read(root, name)
			if err != nil {
				continue
			}
			m := &model{}
			if err := json.Unmarshal(b, m); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return m, nil
		}
	}
	return nil, fmt.Errorf("no model of %s in %s; tried %s", service, models, strings.Join(tried, ", "))
}

func open(models string) (fs.FS, func(), error) {
	info, err := os.Stat(models)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return os.DirFS(models), func() {}, nil
	}
	z, err := zip.OpenReader(models)
	if err != nil {
		return nil, nil, fmt.Errorf("%s is neither a folder nor a wheel: %w", models, err)
	}
	return z, func() { z.Close() }, nil
}

func read(root fs.FS, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.HasSuffix(name, ".gz") {
		return io.ReadAll(f)
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
