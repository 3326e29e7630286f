//go:build !linux

package main

import "errors"

// evict is for Linux, as is the whole program.
func evict(string) error { return errors.New("cold reads can be measured on Linux only") }
