// Command gen writes coverage_gen.go of a room from the headers of its
// op_*.go files, so that the coverage table says what the code says.
//
//	go run ./internal/coverage/gen ./shards ./companions/sts
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: gen ROOM-FOLDER…")
		os.Exit(2)
	}
	for _, dir := range os.Args[1:] {
		source, err := generate(dir)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, outputName), source, 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
