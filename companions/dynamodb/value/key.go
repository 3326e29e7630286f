package value

import "crypto/md5"

// AppendKey writes an S, N or B so that bytes sort as the values do, and so
// that what follows does not matter: texts end with 0 1, a zero in them is
// 0 255, and numbers tell their end.
func AppendKey(b []byte, v *Value) []byte {
	if v.Kind == N {
		return v.Number().appendKey(b)
	}
	b = AppendKeyPrefix(b, v.Text)
	return append(b, 0, 1)
}

// AppendKeyPrefix writes a text as AppendKey does, without its end: the keys of
// all texts that begin with it begin so.
func AppendKeyPrefix(b []byte, text string) []byte {
	for i := range len(text) {
		b = append(b, text[i])
		if text[i] == 0 {
			b = append(b, 255)
		}
	}
	return b
}

// HashSize is the length of a Hash.
const HashSize = 3

// Hash places a hash key among the others of its table, so that a scan gives
// items in no telling order and segments are of about one size.
func Hash(v *Value) (h [HashSize]byte) {
	sum := md5.Sum(AppendKey(nil, v))
	copy(h[:], sum[:])
	return h
}
