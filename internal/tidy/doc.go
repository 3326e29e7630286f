// Package tidy holds the rules of the house as tests: who may import whom,
// how long a function may be, what a comment must say. It has no code.
package tidy
