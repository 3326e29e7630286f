//go:build !linux

package server

import "net"

// unpace does nothing where nothing is known to pace connections within a machine.
func unpace(net.Conn) {}
