package integration

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Tagged is a CBOR value under a tag, as times are.
type Tagged struct {
	Tag   uint64
	Value any
}

var errCBOR = errors.New("malformed CBOR")

// AppendCBOR writes maps, lists, text, byte strings, integers, floats, booleans, null and tags; enough for requests
// that are made by hand, and independent of the server's own codec.
func AppendCBOR(out []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(out, 0xf6)
	case bool:
		if v {
			return append(out, 0xf5)
		}
		return append(out, 0xf4)
	case int:
		if v < 0 {
			return appendHead(out, 1, uint64(-1-v))
		}
		return appendHead(out, 0, uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(out, 0xfb), math.Float64bits(v))
	case []byte:
		return append(appendHead(out, 2, uint64(len(v))), v...)
	case string:
		return append(appendHead(out, 3, uint64(len(v))), v...)
	case []any:
		out = appendHead(out, 4, uint64(len(v)))
		for _, item := range v {
			out = AppendCBOR(out, item)
		}
		return out
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		out = appendHead(out, 5, uint64(len(v)))
		for _, key := range keys {
			out = AppendCBOR(AppendCBOR(out, key), v[key])
		}
		return out
	case Tagged:
		return AppendCBOR(appendHead(out, 6, v.Tag), v.Value)
	}
	panic(fmt.Sprintf("no CBOR for %T", value))
}

func appendHead(out []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(out, major|byte(n))
	case n <= math.MaxUint8:
		return append(out, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(out, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(out, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(out, major|27), n)
	}
}

// ParseCBOR reads one value: maps become map[string]any, integers int, byte strings []byte, tags Tagged.
func ParseCBOR(data []byte) (any, error) {
	value, _, err := parseCBOR(data)
	return value, err
}

func parseCBOR(data []byte) (value any, rest []byte, err error) {
	if len(data) == 0 {
		return nil, nil, errCBOR
	}
	major, info := data[0]>>5, data[0]&31
	data = data[1:]
	if major == 7 {
		return parseSimple(info, data)
	}
	if info == 31 {
		return parseOpen(major, data)
	}
	n := uint64(info)
	if info >= 24 {
		width := 1 << (info - 24)
		if info > 27 || len(data) < width {
			return nil, nil, errCBOR
		}
		n = 0
		for _, b := range data[:width] {
			n = n<<8 | uint64(b)
		}
		data = data[width:]
	}
	switch major {
	case 0:
		return int(n), data, nil
	case 1:
		return -1 - int(n), data, nil
	case 2, 3:
		if uint64(len(data)) < n {
			return nil, nil, errCBOR
		}
		if major == 2 {
			return data[:n], data[n:], nil
		}
		return string(data[:n]), data[n:], nil
	case 6:
		value, rest, err := parseCBOR(data)
		return Tagged{n, value}, rest, err
	}
	return parseItems(major, data, int(n))
}

// parseOpen reads a list or map of indefinite length, which ends with a break.
func parseOpen(major byte, data []byte) (any, []byte, error) {
	if major != 4 && major != 5 {
		return nil, nil, errCBOR
	}
	return parseItems(major, data, -1)
}

func parseItems(major byte, data []byte, n int) (any, []byte, error) {
	list, fields := []any{}, map[string]any{}
	for i := 0; n < 0 || i < n; i++ {
		if n < 0 && len(data) > 0 && data[0] == 0xff {
			data = data[1:]
			break
		}
		item, rest, err := parseCBOR(data)
		if err != nil {
			return nil, nil, err
		}
		data = rest
		if major == 4 {
			list = append(list, item)
			continue
		}
		key, ok := item.(string)
		if !ok {
			return nil, nil, errCBOR
		}
		if fields[key], data, err = parseCBOR(data); err != nil {
			return nil, nil, err
		}
	}
	if major == 4 {
		return list, data, nil
	}
	return fields, data, nil
}

func parseSimple(info byte, data []byte) (any, []byte, error) {
	switch {
	case info == 20, info == 21:
		return info == 21, data, nil
	case info == 22:
		return nil, data, nil
	case info == 27 && len(data) >= 8:
		return math.Float64frombits(binary.BigEndian.Uint64(data)), data[8:], nil
	}
	return nil, nil, errCBOR
}
