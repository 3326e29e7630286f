package main

import (
	"runtime/debug"
	"time"

	"sluice/internal/clock"
)

// settleAfter is how long after its start a server gives back what only the
// start needed. By then the first calls, which somebody waits for, are answered.
const settleAfter = time.Second

// settle tells when it is time for letGo.
func settle() (due <-chan struct{}, stop func()) {
	host, ch := clock.Host(), make(chan struct{})
	timer := host.At(host.Now().Add(settleAfter), func() { close(ch) })
	return ch, func() { timer.Stop() }
}

// letGo gives back the memory that only the start needed: garbage, and the pages
// of the program itself that nobody uses any more, two thirds of what an idle
// server would hold otherwise. Those that are used come back by themselves.
func letGo() {
	debug.FreeOSMemory()
	forgetProgram()
}
