package poller

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"
)

// eventLimit is the longest event a function is given: 6 MiB and what Lambda
// adds for its own members.
const eventLimit = 6<<20 + 100

// The fixed parts of an event.
const (
	eventHead = `{"Records":[`
	eventFoot = `]}`
)

// template writes the events of one shard. What is the same in all records is
// put together once.
type template struct {
	shardID string
	// between lies between the event id and the end of a record.
	between string
	source  string // eventSourceARN, as JSON
}

func newTemplate(m *Mapping, shardID string) *template {
	source := string(appendJSON(nil, m.Source.String()))
	t := &template{shardID: shardID, source: source}
	b := []byte(`","eventName":"aws:kinesis:record","invokeIdentityArn":`)
	b = appendJSON(b, m.Role)
	b = append(b, `,"awsRegion":`...)
	b = appendJSON(b, m.Region)
	b = append(b, `,"eventSourceARN":`...)
	b = append(b, source...)
	t.between = string(append(b, '}'))
	return t
}

const (
	recordKey      = `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":`
	recordSequence = `,"sequenceNumber":"`
	recordData     = `","data":"`
	recordArrival  = `","approximateArrivalTimestamp":`
	recordKMS      = `,"encryptionType":"KMS"`
	recordMiddle   = `},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"`
)

// arrivalSize is the length of an arrival stamp: ten digits of seconds, the
// point and three more, from the year 2001 to 2286.
const arrivalSize = 14

// recordSize is how long a record is in an event, to the byte.
func (t *template) recordSize(r *Record) int {
	n := len(recordKey) + jsonSize(r.PartitionKey) + len(recordSequence) + len(r.SequenceNumber) +
		len(recordData) + base64.StdEncoding.EncodedLen(len(r.Data)) + len(recordArrival) + arrivalSize +
		len(recordMiddle) + len(t.shardID) + 1 + len(r.SequenceNumber) + len(t.between)
	if r.KMS {
		n += len(recordKMS)
	}
	return n
}

func (t *template) appendRecord(b []byte, r *Record) []byte {
	b = append(b, recordKey...)
	b = appendJSON(b, r.PartitionKey)
	b = append(b, recordSequence...)
	b = append(b, r.SequenceNumber...)
	b = append(b, recordData...)
	b = base64.StdEncoding.AppendEncode(b, r.Data)
	b = append(b, recordArrival...)
	b = appendArrival(b, r.Arrival)
	if r.KMS {
		b = append(b, recordKMS...)
	}
	b = append(b, recordMiddle...)
	b = append(b, t.shardID...)
	b = append(b, ':')
	b = append(b, r.SequenceNumber...)
	return append(b, t.between...)
}

// event writes the event of a batch. win is nil without tumbling windows.
func (t *template) event(items []item, win *windowCall) []byte {
	size := len(eventHead) + len(eventFoot) + len(items)
	for i := range items {
		size += items[i].size
	}
	if win != nil {
		size += windowSize(t, win)
	}
	b := append(make([]byte, 0, size), eventHead...)
	for i := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = t.appendRecord(b, items[i].record)
	}
	if win == nil {
		return append(b, eventFoot...)
	}
	return t.appendWindow(append(b, ']'), win)
}

// windowCall is what an invocation tells about its window.
type windowCall struct {
	start, end   time.Time
	state        []byte // JSON
	final, early bool
}

// windowSpace is what the members of a window take besides the state, the
// shard id and the source.
const windowSpace = 256

func windowSize(t *template, w *windowCall) int {
	return windowSpace + len(w.state) + len(t.shardID) + len(t.source)
}

func (t *template) appendWindow(b []byte, w *windowCall) []byte {
	b = append(b, `,"window":{"start":"`...)
	b = w.start.UTC().AppendFormat(b, windowTime)
	b = append(b, `","end":"`...)
	b = w.end.UTC().AppendFormat(b, windowTime)
	b = append(b, `"},"state":`...)
	b = append(b, w.state...)
	b = append(b, `,"shardId":"`...)
	b = append(b, t.shardID...)
	b = append(b, `","eventSourceARN":`...)
	b = append(b, t.source...)
	b = append(b, `,"isFinalInvokeForWindow":`...)
	b = strconv.AppendBool(b, w.final)
	b = append(b, `,"isWindowTerminatedEarly":`...)
	b = strconv.AppendBool(b, w.early)
	return append(b, '}')
}

// windowTime is the form of times in windows: whole seconds.
const windowTime = "2006-01-02T15:04:05Z"

// appendArrival writes seconds with three decimals.
func appendArrival(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	b = strconv.AppendInt(b, ms/1000, 10)
	ms %= 1000
	return append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

const hexDigits = "0123456789abcdef"

// plain reports whether a byte of UTF-8 stands for itself in a JSON text.
func plain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf }

// appendJSON writes a text as JSON. Nothing but what JSON demands is escaped.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if plain(c) {
			b = append(b, c)
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
	}
	return append(b, '"')
}

// jsonSize is the length of a text as appendJSON writes it.
func jsonSize(s string) int {
	for i := range len(s) {
		if !plain(s[i]) {
			return len(appendJSON(nil, s))
		}
	}
	return len(s) + 2
}
