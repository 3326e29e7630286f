// Package sluice runs Amazon Kinesis on this machine.
//
// A Go program embeds it with Open, a Go test with RunT; the command sluice
// serves the same instance to clients in any language.
package sluice
