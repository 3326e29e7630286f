// Package integration runs Sluice as people do: the real binary in its own process, real clients with their default
// settings in theirs. It holds the pieces the tests share: a Server to start, kill and restart, a Tap that shows which
// protocol a client speaks, the numbered steps every client program runs, and the report of what they did.
//
// The client programs lie below sdk/, one folder per language; sdk/setup.sh installs what they need. docs/clients.md
// says what the steps are.
package integration
