package server

import "net"

// A connection within one machine passes nothing that could be congested, yet
// where the kernel's control of congestion is one that paces what is sent (BBR,
// which many machines are set to), each piece of an answer waits for a timer,
// and once in ten seconds all are held back to measure. That took a fifth of the
// processor time of GetRecords, of the reader as well as of the server, and most
// of the slowest answers. So a connection of this kind gets the plainest control
// there is, which every kernel has and lets everybody choose, before its first
// large answer. All others keep what the machine is set to: small answers gain
// nothing, and from far away the machine's choice may be a good one.

// nearControl is the control of congestion within a machine.
const nearControl = "reno"

// near tells whether both ends of a connection are on this machine.
func near(c net.Conn) bool {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	if remote.IP.IsLoopback() {
		return true
	}
	local, ok := c.LocalAddr().(*net.TCPAddr)
	return ok && remote.IP.Equal(local.IP)
}

// hasten prepares a connection for large answers.
func (c *conn) hasten() {
	if !c.hasty.Load() && !c.hasty.Swap(true) && near(c.Conn) {
		unpace(c.Conn)
	}
}
