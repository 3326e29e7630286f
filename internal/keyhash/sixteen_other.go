//go:build !amd64

package keyhash

// together tells that there is nothing better here than one by one.
const together = false

// sixteen is never called where together is false, but gives the right answer.
func sixteen(state *[4][Width]uint32, words *[16][Width]uint32) {
	for lane := range Width {
		var w [16]uint32
		for i := range w {
			w[i] = words[i][lane]
		}
		for i, s := range block(&w) {
			state[i][lane] = s
		}
	}
}
