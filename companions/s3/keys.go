package s3

import (
	"encoding/binary"

	"sluice/store/blob"
)

// What is kept in the space of this room, by the first byte of the key. All
// numbers are big-endian, so that rows are in their order.
//
//	B name                       a bucket (bucketRecord)
//	o bucket key                 the latest version of a key (object)
//	v bucket escaped-key ^seq    a version before it, the youngest first
//	u bucket escaped-key seq     a multipart upload
//	q upload part-number         a part of it
//	m row                        the parts of an object that was made of parts
//	d row                        a small body
//	f blob                       a body in a file is in use
const (
	kindBucket byte = 'B'
	kindObject byte = 'o'
	kindOld    byte = 'v'
	kindUpload byte = 'u'
	kindPart   byte = 'q'
	kindParts  byte = 'm'
	kindData   byte = 'd'
	kindFile   byte = 'f'
)

func bucketKey(name string) []byte { return append([]byte{kindBucket}, name...) }

func numbered(kind byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, n)
}

func objectKey(bucket uint64, key string) []byte {
	return append(numbered(kindObject, bucket), key...)
}

func oldPrefix(bucket uint64, key string) []byte {
	return appendEscaped(numbered(kindOld, bucket), key)
}

func oldKey(bucket uint64, key string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(oldPrefix(bucket, key), ^seq)
}

func uploadKey(bucket uint64, key string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendEscaped(numbered(kindUpload, bucket), key), seq)
}

func partKey(upload uint64, number int) []byte {
	return binary.BigEndian.AppendUint16(numbered(kindPart, upload), uint16(number))
}

func fileKey(id blob.ID) []byte { return numbered(kindFile, uint64(id)) }

// appendEscaped appends a text so that what follows it does not disturb the
// order of texts: a zero byte becomes 0 255, the end 0 1.
func appendEscaped(b []byte, text string) []byte {
	for i := range len(text) {
		b = append(b, text[i])
		if text[i] == 0 {
			b = append(b, 255)
		}
	}
	return append(b, 0, 1)
}

// unescape reads what appendEscaped wrote and returns what follows.
func unescape(b []byte) (text string, rest []byte) {
	var out []byte
	for i := 0; i < len(b); i++ {
		if b[i] != 0 {
			out = append(out, b[i])
			continue
		}
		if i+1 < len(b) && b[i+1] == 255 {
			out, i = append(out, 0), i+1
			continue
		}
		return string(out), b[min(i+2, len(b)):]
	}
	return string(out), nil
}

// after is the first key behind all that begin with prefix; nil when there is
// no such key.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			end := append([]byte{}, prefix[:i+1]...)
			end[i]++
			return end
		}
	}
	return nil
}
