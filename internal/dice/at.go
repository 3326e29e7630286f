package dice

// At is the nth throw of dice that were seeded with seed: 64 random bits that
// depend on nothing else. Who counts its own throws gets the same ones again,
// whatever others do meanwhile.
func At(seed, n uint64) uint64 {
	// SplitMix64: a step of the golden ratio for each throw, then a mix in
	// which every bit of the input reaches every bit of the result.
	z := seed + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Chance reports whether the nth throw is among the given fraction of all.
func Chance(seed, n uint64, fraction float64) bool {
	const bits = 53 // what a float64 holds exactly
	return float64(At(seed, n)>>(64-bits)) < fraction*(1<<bits)
}
