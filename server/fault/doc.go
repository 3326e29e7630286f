// Package fault holds the rules by which faults happen on order: which calls a
// rule is about, when it strikes and what it does to them. It decides and
// counts; the door carries out what was decided.
//
// Rules are asked in the order in which they were added, configured ones
// first. A rule that matches has seen the call. Its dice depend on nothing but
// its seed and how many calls it has seen, so the same calls have the same
// outcome again. Effects of several rules add up, until one answers the call
// in the room's stead: those after it are not asked.
package fault
