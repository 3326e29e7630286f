package shards

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sluice/delivery"
)

// defaultKeys is the template of a channel that was given none.
const defaultKeys = "kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/" +
	"!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}"

// keyMost is how long a key may be before the suffix that makes it unique.
const keyMost = 986

// keyTemplate is an output key template that was checked.
type keyTemplate struct{ *delivery.Template }

// parseKeys reads a template of keys and holds it to the rules that do not
// depend on the channel.
func parseKeys(text string) (*keyTemplate, error) {
	t, err := delivery.ParseTemplate(text)
	if err != nil {
		return nil, err
	}
	extensions := 0
	for _, p := range t.Placeholders() {
		if err := checkPlaceholder(p); err != nil {
			return nil, err
		}
		if p.Name == "extension" {
			extensions++
		}
	}
	for _, literal := range t.Literals() {
		if at := strings.IndexFunc(literal, notInKeys); at >= 0 {
			bad, _ := utf8.DecodeRuneInString(literal[at:])
			return nil, fmt.Errorf("the character %q is not allowed", bad)
		}
	}
	switch {
	case extensions > 1:
		return nil, fmt.Errorf("it has more than one extension")
	case extensions == 1 && !t.EndsWith("extension"):
		return nil, fmt.Errorf("the extension is not at its end")
	}
	return &keyTemplate{t}, nil
}

func checkPlaceholder(p delivery.Placeholder) error {
	if p.Name == "extension" {
		if !p.Given {
			return nil
		}
		if !strings.HasPrefix(p.Argument, ".") || strings.Trim(p.Argument, "abcdefghijklmnopqrstuvwxyz.") != "" {
			return fmt.Errorf("the extension %q is not a period followed by lowercase letters and periods", p.Argument)
		}
		return nil
	}
	_, calendar := delivery.Calendar(p.Name, time.Time{})
	switch {
	case p.Given:
	case calendar, p.Name == "channel-name", p.Name == "channel-id", p.Name == "stream-name":
		return nil
	}
	return fmt.Errorf("%s is not a supported variable", p)
}

func notInKeys(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("!-_'.*()/=", r)
}

// checkKeys holds the template of a channel to what it makes of it.
func checkKeys(st *channelState) error {
	t, err := parseKeys(st.Keys)
	if err != nil {
		return errKeyTemplate(err.Error())
	}
	if st.Packing != string(delivery.None) && !t.EndsWith("extension") {
		return errKeyTemplate("with compression it has to end with an extension")
	}
	stem, extension := t.expand(st, timeOf(st.Created))
	key := stem + extension
	switch {
	case strings.HasPrefix(key, "/"):
		return errKeyTemplate("it begins with a slash")
	case strings.Contains(key, "//"):
		return errKeyTemplate("it has two slashes in a row")
	case strings.Contains(key, ".."):
		return errKeyTemplate("it has two periods in a row")
	case strings.HasSuffix(key, "/"):
		return errKeyTemplate("it ends with a slash")
	case len(key) > keyMost:
		return errKeyTemplate(fmt.Sprintf("its keys are longer than %d characters", keyMost))
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "." {
			return errKeyTemplate("one of its segments is a period")
		}
	}
	return nil
}

// expand gives the placeholders their values. The extension stands apart, for
// the suffix goes before it.
func (t *keyTemplate) expand(st *channelState, at time.Time) (stem, extension string) {
	stem = t.Expand(func(p delivery.Placeholder) string {
		switch p.Name {
		case "channel-name":
			return st.Name
		case "channel-id":
			return st.ID
		case "stream-name":
			return st.Stream
		case "extension":
			if extension = p.Argument; !p.Given {
				extension = delivery.Compression(st.Packing).Extension()
			}
			return ""
		}
		text, _ := delivery.Calendar(p.Name, at)
		return text
	})
	return stem, extension
}

// key names the object of a batch whose oldest record arrived at a time.
func (t *keyTemplate) key(st *channelState, at time.Time, batch uint64) string {
	stem, extension := t.expand(st, at)
	return stem + suffix(st.ID, batch) + extension
}

// errorKey names the object of a batch's dead letters.
func errorKey(st *channelState, at time.Time, batch uint64) string {
	at = at.UTC()
	return st.Errors + at.Format("2006/01/02/15/") + st.Name + "-" + st.ID + at.Format("-2006-01-02-15-04") + suffix(st.ID, batch) + ".json"
}

// suffix makes a key unique. It follows from the batch, so that a batch that
// is delivered again after a crash replaces what the first attempt left.
func suffix(id string, batch uint64) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(id), batch))
	h := hex.EncodeToString(sum[:16])
	return "-" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// bucketName is the name in the ARN of a bucket.
func bucketName(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// contentTypeOf is what an object of records says it is.
func contentTypeOf(format string) string {
	switch format {
	case formatJSON:
		return "application/x-ndjson"
	case formatText:
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}
