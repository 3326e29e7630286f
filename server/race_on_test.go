//go:build race

package server

// raceDetector tells that memory is not what it is in the program.
const raceDetector = true
