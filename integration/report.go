package integration

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Row is one line of the report of the clients.
type Row struct {
	Client    string `json:"client"`
	Version   string `json:"version"`
	Transport string `json:"transport"`
	Step      string `json:"step"`
	Result    string `json:"result"` // "ok", "skipped: why" or "failed: why"
	Count     int    `json:"count"`
}

// ParseRows reads the rows a program printed and passes over whatever else is there.
func ParseRows(output []byte) []Row {
	var rows []Row
	for line := range bytes.Lines(output) {
		var row Row
		if json.Unmarshal(line, &row) == nil && row.Step != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// Faults says what is wrong with the rows of one run of a client: a step that is missing, failed, was skipped without
// leave, or counted something else. None means a perfect run.
func (c Client) Faults(rows []Row, transport string) []string {
	var faults []string
	for _, step := range c.steps() {
		at := slices.IndexFunc(rows, func(r Row) bool {
			return r.Client == c.Name && r.Transport == transport && r.Step == step.Number
		})
		if at < 0 {
			faults = append(faults, fmt.Sprintf("step %s: no row", step.Number))
			continue
		}
		row := rows[at]
		switch {
		case strings.HasPrefix(row.Result, "skipped: ") && slices.Contains(c.Skips, step.Number):
		case row.Result != "ok":
			faults = append(faults, fmt.Sprintf("step %s (%s): %s", step.Number, step.Name, row.Result))
		case row.Count != step.Count:
			faults = append(faults, fmt.Sprintf("step %s (%s): counted %d, not %d", step.Number, step.Name, row.Count, step.Count))
		}
	}
	return faults
}

// AddToReport adds rows to a report and replaces those of the same client, version and transport. A lock beside the
// report makes one change of it at a time: tests that run beside each other add to the same one.
func AddToReport(name string, rows []Row) error {
	path := filepath.Join(Root(), "build", "report", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	unlock, err := lock(path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	var have []Row
	if err == nil {
		if err := json.Unmarshal(text, &have); err != nil {
			return err
		}
	}
	have = slices.DeleteFunc(have, func(old Row) bool {
		return slices.ContainsFunc(rows, func(r Row) bool {
			return r.Client == old.Client && r.Version == old.Version && r.Transport == old.Transport
		})
	})
	return WriteReport(name, append(have, rows...))
}

// WriteReport writes the rows as one JSON list, sorted, to a file below build/report.
func WriteReport(name string, rows []Row) error {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Transport, b.Transport))
	})
	var out bytes.Buffer
	out.WriteString("[\n")
	for i, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			return err
		}
		out.Write(line)
		if i < len(rows)-1 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
	}
	out.WriteString("]\n")
	path := filepath.Join(Root(), "build", "report", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
