package integration

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// breach is a value on the wrong side, with the failures the service lists for it.
type breach struct {
	value any
	facts []string
}

// TestBothSidesOfEveryConstraint sends, for every member of every operation, the values just within its constraints and
// just beyond them. Within, no constraint may be named; beyond, the answer is the service's, word for word.
func TestBothSidesOfEveryConstraint(t *testing.T) {
	server := Start(t, "--memory", "--transition", "0")
	before := server.everything(t)
	checked := 0
	for _, m := range members(t) {
		for _, value := range m.within() {
			answer := m.send(t, server, value)
			name, text := answer.Error()
			if name == "SerializationException" || strings.Contains(text, "at '"+m.name()+"'") {
				t.Errorf("%s: %.60q is within: %s %.300s", m, fmt.Sprint(value), name, text)
			}
			checked++
		}
		for _, b := range m.beyond() {
			answer := m.send(t, server, b.value)
			checkBreach(t, m, b, answer)
			checked++
		}
	}
	t.Logf("%d values", checked)
	require.Equal(t, before, server.everything(t), "bad input changed something")
}

// send sends the base with one value. CreateStream would succeed, so it gets a second fault of another member.
func (m member) send(t *testing.T, server *Server, value any) Answer {
	t.Helper()
	body := m.with(t, value)
	if m.operation == "CreateStream" {
		other := member{operation: m.operation, path: []string{"ShardCount"}}
		fault := any(0)
		if m.path[0] == "ShardCount" {
			other.path, fault = []string{"StreamName"}, "a b"
		}
		base := set(starred(t, m.operation), m.path, value)
		body = mustJSON(t, set(base, other.path, fault))
	}
	return server.PostBytes(t, m.operation, JSON11, body)
}

// checkBreach compares the failures of the answer with those of the table. Order is the service's own.
func checkBreach(t *testing.T, m member, b breach, answer Answer) {
	t.Helper()
	name, text := answer.Error()
	label := fmt.Sprintf("%s: %.60q", m, fmt.Sprint(b.value))
	if answer.Status != 400 || name != "ValidationException" {
		t.Errorf("%s is beyond: %d %s %.300s", label, answer.Status, name, text)
		return
	}
	head, list, _ := strings.Cut(text, " detected: ")
	got := strings.Split(list, "; ")
	word := "errors"
	if len(got) == 1 {
		word = "error"
	}
	if want := fmt.Sprintf("%d validation %s", len(got), word); head != want {
		t.Errorf("%s: begins with %q, not %q", label, head, want)
	}
	if m.operation == "CreateStream" {
		got = slices.DeleteFunc(got, func(f string) bool { return !strings.Contains(f, "at '"+m.name()+"'") })
	}
	for i := range got {
		got[i] = objects.ReplaceAllString(sortedEnum(got[i]), "[objects]")
	}
	want := slices.Clone(b.facts)
	for i := range want {
		want[i] = sortedEnum(want[i])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %.500q\nwant %.500q", label, got, want)
	}
}

var enumSet = regexp.MustCompile(`enum value set: \[(.*)\]`)

// sortedEnum takes the order out of an enum's list of values: the live service has its own for each.
func sortedEnum(fact string) string {
	return enumSet.ReplaceAllStringFunc(fact, func(found string) string {
		values := strings.Split(enumSet.FindStringSubmatch(found)[1], ", ")
		slices.Sort(values)
		return "enum value set: [" + strings.Join(values, ", ") + "]"
	})
}

// objects is a list of structures as Java prints those without a form of their own.
var objects = regexp.MustCompile(`\[com\.amazonaws\.kinesis\.v20131202\.\w+@[0-9a-f]+(, com\.amazonaws\.kinesis\.v20131202\.\w+@[0-9a-f]+)*\]`)

// The texts of every kind of constraint, by hand.
const (
	notNull   = "Member must not be null"
	longest   = "Member must have length less than or equal to %d"
	shortest  = "Member must have length greater than or equal to %d"
	largest   = "Member must have value less than or equal to %d"
	smallest  = "Member must have value greater than or equal to %d"
	fitting   = "Member must satisfy regular expression pattern: %s"
	oneOf     = "Member must satisfy enum value set: [%s]"
	tagKeys   = "Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
	tagValues = "Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"
	keyItems  = "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
)

// fact is one failure with the value as the service shows it.
func (m member) fact(shown, format string, arguments ...any) string {
	value := " '" + shown + "'"
	if m.kind == isBlob || m.kind == isList && m.path[0] == "Records" {
		value = "" // record data is left out
	}
	if shown == "null" {
		value = " null"
	}
	return "Value" + value + " at '" + m.name() + "' failed to satisfy constraint: " + fmt.Sprintf(format, arguments...)
}

// within gives the values at the limits.
func (m member) within() []any {
	switch m.kind {
	case isString:
		return m.stringsWithin()
	case isInteger:
		least, most := m.min, m.max
		if least == noLimit {
			least = -2147483648
		}
		if most == 0 {
			most = 2147483647
		}
		return []any{least, most}
	case isBlob:
		return []any{"", base64.StdEncoding.EncodeToString(make([]byte, m.max))}
	case isEnum:
		var all []any
		for _, value := range m.enum {
			all = append(all, value)
		}
		if m.operation == "UpdateAccountSettings" {
			return []any{"DISABLED"} // the other one would change something
		}
		return all
	case isStringList:
		return []any{m.items(m.min), m.items(m.max)}
	case isTagMap:
		return []any{tags(m.min, 1, 0), tags(m.max, 128, 256)}
	case isList:
		return []any{m.entries(m.min), m.entries(m.max)}
	}
	return nil
}

func (m member) stringsWithin() []any {
	switch {
	case m.max > 0 && m.pattern == "":
		return []any{pad(m.fits, m.min), pad(m.fits, m.max)}
	case m.max > 0:
		if long := pad(m.fits, m.max); m.matches(long) {
			return []any{m.fits, long}
		}
		return []any{m.fits} // the pattern allows less than the length
	case m.pattern == hashKey.pattern:
		return []any{"0", "9" + strings.Repeat("9", 38)}
	case m.pattern == number.pattern:
		return []any{"0", "9" + strings.Repeat("9", 128)}
	}
	return nil
}

// beyond gives the values on the other side.
func (m member) beyond() []breach {
	var all []breach
	add := func(value any, facts ...string) { all = append(all, breach{value, facts}) }
	if m.required {
		add(absent{}, m.fact("null", notNull))
	}
	switch m.kind {
	case isString:
		all = append(all, m.stringsBeyond()...)
	case isInteger:
		if m.min != noLimit {
			add(m.min-1, m.fact(strconv.Itoa(m.min-1), smallest, m.min))
		}
		if m.max > 0 {
			add(m.max+1, m.fact(strconv.Itoa(m.max+1), largest, m.max))
		}
	case isBlob:
		add(base64.StdEncoding.EncodeToString(make([]byte, m.max+1)), m.fact("", longest, m.max))
	case isEnum:
		add("NO_SUCH", m.fact("NO_SUCH", oneOf, strings.Join(m.enum, ", ")))
		add("", m.fact("", oneOf, strings.Join(m.enum, ", ")))
	case isStringList:
		all = append(all, m.listsBeyond()...)
	case isTagMap:
		add(tags(0, 1, 0), m.fact("{}", shortest, 1))
		add(map[string]string{"": "v"}, m.fact("{=v}", tagKeys))
		add(map[string]string{long(129): "v"}, m.fact("{"+long(129)+"=v}", tagKeys))
		add(map[string]string{"k": long(257)}, m.fact("{k="+long(257)+"}", tagValues))
	case isList:
		add(m.entries(0), m.fact("[]", shortest, m.min))
		add(m.entries(m.max+1), m.fact("[objects]", longest, m.max))
	}
	return all
}

func (m member) stringsBeyond() []breach {
	var all []breach
	add := func(value string, facts ...string) { all = append(all, breach{value, facts}) }
	pattern := func(value string) []string {
		if m.pattern == "" {
			return nil
		}
		return []string{m.fact(value, fitting, m.pattern)}
	}
	switch {
	case m.max > 0:
		add("", append(pattern(""), m.fact("", shortest, m.min))...)
		over := pad(m.fits, m.max+1)
		facts := []string{m.fact(over, longest, m.max)}
		if !m.matches(over) {
			facts = append(facts, pattern(over)...)
		}
		add(over, facts...)
	case m.pattern == hashKey.pattern:
		add("1"+strings.Repeat("0", 39), pattern("1"+strings.Repeat("0", 39))...)
	case m.pattern == number.pattern:
		add("1"+strings.Repeat("0", 129), pattern("1"+strings.Repeat("0", 129))...)
	}
	if m.breaks != "" {
		add(m.breaks, pattern(m.breaks)...)
	}
	return all
}

func (m member) listsBeyond() []breach {
	item := m.fact("[]", shortest, m.min)
	many := m.items(m.max + 1)
	all := []breach{
		{[]string{}, []string{item}},
		{many, []string{m.fact("["+strings.Join(many, ", ")+"]", longest, m.max)}},
	}
	if m.enum != nil {
		sets := fmt.Sprintf("Member must satisfy constraint: [Member must satisfy enum value set: [%s]]", strings.Join(m.enum, ", "))
		return append(all, breach{[]string{"NO_SUCH"}, []string{m.fact("[NO_SUCH]", "%s", sets)}})
	}
	return append(all,
		breach{[]string{""}, []string{m.fact("[]", keyItems)}},
		breach{[]string{"k", long(129)}, []string{m.fact("[k, "+long(129)+"]", keyItems)}},
	)
}

// items makes n entries of a list of strings.
func (m member) items(n int) []string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("key-%d", i)
		if m.enum != nil {
			items[i] = m.enum[i%len(m.enum)]
		}
	}
	return items
}

func tags(n, keyLength, valueLength int) map[string]string {
	all := map[string]string{}
	for i := range n {
		key := strconv.Itoa(i)
		all[pad(key+"k", max(keyLength, len(key)))] = long(valueLength)
	}
	return all
}

// entries makes n elements of a list of structures, each like the one in the base.
func (m member) entries(n int) []any {
	one := map[string]any{"Data": "AA==", "PartitionKey": "k"}
	switch m.path[len(m.path)-1] {
	case "StreamConfigurationList":
		one = map[string]any{"StreamARN": nowhereARN, "RecordConfiguration": map[string]any{"RecordFormatType": "JSON"}}
	case "StreamFilter":
		one = map[string]any{"StreamARN": nowhereARN}
	case "S3TablesConfigurationList":
		one = map[string]any{"TableBucketARN": "arn:aws:s3tables:us-east-1:000000000000:bucket/nowhere", "Namespace": "a", "TableName": "a", "CompressionType": "NONE"}
	case "PartitionFields":
		one = map[string]any{"Transform": "TIME_HOUR", "SourceName": "a"}
	}
	all := make([]any, n)
	for i := range all {
		all[i] = one
	}
	return all
}

// matches reports whether a string has the form of the member's pattern.
func (m member) matches(s string) bool {
	return m.pattern == "" || regexp.MustCompile("^(?:"+m.pattern+")$").MatchString(s)
}

// pad brings a string to a length by its last character.
func pad(s string, length int) string {
	if len(s) >= length {
		return s[:length]
	}
	return s + strings.Repeat(s[len(s)-1:], length-len(s))
}

func long(n int) string { return strings.Repeat("x", n) }
