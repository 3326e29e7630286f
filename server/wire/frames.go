package wire

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strconv"
	"time"
)

// An event-stream message is
//
//	total length (4) | header length (4) | CRC-32 of these 8 (4)
//	headers: name length (1) name | type (1) | value, for strings: length (2) bytes
//	payload | CRC-32 of all before (4)
//
// with all numbers big-endian.
const (
	frameOverhead = 16
	headerString  = 7
	// maxFrame bounds what ParseFrame accepts: the protocol's own limit is 16 MiB of
	// payload and 128 KiB of headers, and 10 MiB records in base64 stay below it.
	maxFrame        = 16<<20 + 128<<10 + frameOverhead
	maxFrameHeaders = 128 << 10
)

// Reasons for ParseFrame to refuse.
var (
	// ErrFrameShort says that the message is not complete yet.
	ErrFrameShort = errors.New("event stream message is incomplete")
	// ErrFrameBad says that lengths, checksums or headers are wrong.
	ErrFrameBad = errors.New("event stream message is malformed")
)

// AppendEventFrame appends a message of type event.
func AppendEventFrame(dst []byte, eventType, contentType string, payload []byte) []byte {
	return appendFrame(dst, payload,
		":event-type", eventType, ":content-type", contentType, ":message-type", "event")
}

// AppendExceptionFrame appends a modelled failure.
func AppendExceptionFrame(dst []byte, exceptionType, contentType string, payload []byte) []byte {
	return appendFrame(dst, payload,
		":exception-type", exceptionType, ":content-type", contentType, ":message-type", "exception")
}

// AppendErrorFrame appends a failure the model does not know.
func AppendErrorFrame(dst []byte, code, message string) []byte {
	return appendFrame(dst, nil,
		":error-code", code, ":error-message", message, ":message-type", "error")
}

// appendFrame writes a message whose headers are the given names and values in turn.
func appendFrame(dst, payload []byte, headers ...string) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, 12)...)
	for i := 0; i < len(headers); i += 2 {
		name, value := headers[i], headers[i+1]
		if len(value) > 0xffff {
			value = value[:0xffff]
		}
		dst = append(dst, byte(len(name)))
		dst = append(dst, name...)
		dst = append(dst, headerString)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(value)))
		dst = append(dst, value...)
	}
	headerLen := len(dst) - start - 12
	total := 12 + headerLen + len(payload) + 4
	binary.BigEndian.PutUint32(dst[start:], uint32(total))
	binary.BigEndian.PutUint32(dst[start+4:], uint32(headerLen))
	binary.BigEndian.PutUint32(dst[start+8:], crc32.ChecksumIEEE(dst[start:start+8]))
	dst = append(dst, payload...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
}

// ParseFrame reads the first message of b and returns its headers as text, its
// payload (a part of b) and its length n. ErrFrameShort asks for more bytes.
func ParseFrame(b []byte) (headers map[string]string, payload []byte, n int, err error) {
	if len(b) < 12 {
		return nil, nil, 0, ErrFrameShort
	}
	total := binary.BigEndian.Uint32(b)
	headerLen := binary.BigEndian.Uint32(b[4:])
	if crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) ||
		total < frameOverhead || total > maxFrame || headerLen > maxFrameHeaders || headerLen > total-frameOverhead {
		return nil, nil, 0, ErrFrameBad
	}
	if uint32(len(b)) < total {
		return nil, nil, 0, ErrFrameShort
	}
	end := total - 4
	if crc32.ChecksumIEEE(b[:end]) != binary.BigEndian.Uint32(b[end:]) {
		return nil, nil, 0, ErrFrameBad
	}
	headers, err = parseHeaders(b[12 : 12+headerLen])
	if err != nil {
		return nil, nil, 0, err
	}
	return headers, b[12+headerLen : end], int(total), nil
}

func parseHeaders(b []byte) (map[string]string, error) {
	headers := map[string]string{}
	for len(b) > 0 {
		nameLen := int(b[0])
		if nameLen == 0 || len(b) < 2+nameLen {
			return nil, ErrFrameBad
		}
		name := string(b[1 : 1+nameLen])
		value, rest, ok := parseHeaderValue(b[1+nameLen], b[2+nameLen:])
		if !ok {
			return nil, ErrFrameBad
		}
		headers[name] = value
		b = rest
	}
	return headers, nil
}

// parseHeaderValue reads one value of any of the ten header types as text.
func parseHeaderValue(kind byte, b []byte) (value string, rest []byte, ok bool) {
	// Sizes of the fixed types: true, false, byte, short, int, long, then timestamp and UUID.
	size := 0
	switch kind {
	case 0, 1:
		return strconv.FormatBool(kind == 0), b, true
	case 2:
		size = 1
	case 3:
		size = 2
	case 4:
		size = 4
	case 5, 8:
		size = 8
	case 9:
		size = 16
	case 6, headerString:
		if len(b) < 2 {
			return "", nil, false
		}
		size = int(binary.BigEndian.Uint16(b))
		b = b[2:]
	default:
		return "", nil, false
	}
	if len(b) < size {
		return "", nil, false
	}
	return headerText(kind, b[:size]), b[size:], true
}

func headerText(kind byte, b []byte) string {
	switch kind {
	case headerString:
		return string(b)
	case 2:
		return strconv.Itoa(int(int8(b[0])))
	case 3:
		return strconv.Itoa(int(int16(binary.BigEndian.Uint16(b))))
	case 4:
		return strconv.Itoa(int(int32(binary.BigEndian.Uint32(b))))
	case 5:
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10)
	case 8:
		return time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC().Format(time.RFC3339Nano)
	}
	// Byte arrays and UUIDs.
	return base64.StdEncoding.EncodeToString(b)
}
