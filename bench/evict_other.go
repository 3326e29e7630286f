//go:build !linux || !(amd64 || arm64)

package main

import "errors"

// evict is for Linux, as is the whole program.
func evict(string) error {
	return errors.New("cold reads can be measured on Linux on amd64 and arm64 only")
}
