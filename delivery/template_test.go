package delivery

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTemplate(t *testing.T) {
	at := time.Date(2026, 7, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	value := func(p Placeholder) string {
		if text, ok := Calendar(p.Name, at); ok {
			return text
		}
		return "<" + p.Name + "|" + p.Argument + ">"
	}
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"plain/text.json", "plain/text.json"},
		{"!{yyyy}/!{yy}/!{MM}/!{dd}/!{HH}/!{mm}", "2026/26/07/03/03/05"},
		{"a!{name}b", "a<name|>b"},
		{"!{a}!{b}", "<a|><b|>"},
		{"!{extension:.json.gz}", "<extension|.json.gz>"},
		{"!{timestamp:yyyy:MM}", "<timestamp|yyyy:MM>"},
		{"!{a:}", "<a|>"},
		{"a!b}c{d", "a!b}c{d"},
		{"!!{a}", "!<a|>"},
	} {
		parsed, err := ParseTemplate(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, parsed.Expand(value), c.text)
		require.Equal(t, c.text, parsed.String())
	}
	for _, c := range []struct{ text, want string }{
		{"data/!{name", "the placeholder !{ at character 6 is not closed"},
		{"!{a!{b}", "the placeholder !{ at character 1 is not closed"},
		{"!{a}!{", "the placeholder !{ at character 5 is not closed"},
		{"!{}", "the placeholder !{} has no name"},
		{"!{:x}", "the placeholder !{:x} has no name"},
	} {
		_, err := ParseTemplate(c.text)
		require.EqualError(t, err, c.want, c.text)
	}
	parsed, err := ParseTemplate("a/!{x}/b!{y:1}")
	require.NoError(t, err)
	require.Equal(t, []string{"a/", "/b"}, parsed.Literals())
	require.Equal(t, []Placeholder{{Name: "x"}, {Name: "y", Argument: "1", Given: true}}, parsed.Placeholders())
	require.True(t, parsed.EndsWith("y"))
	require.False(t, parsed.EndsWith("x"))
	require.False(t, (&Template{}).EndsWith("x"))
}

// What was read is what would be written: nothing of a template is lost or
// mistaken, whatever it holds.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"", "a!{b}c", "!{a:b:c}", "!{", "!{a!{b}}", "}!{x}{", "!!{a}", "é!{ü:\x00}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseTemplate(text)
		if err != nil {
			require.Contains(t, text, opening)
			return
		}
		require.Equal(t, text, parsed.Expand(Placeholder.String))
		require.Equal(t, strings.Count(text, opening), len(parsed.Placeholders()))
		for _, literal := range parsed.Literals() {
			require.NotContains(t, literal, opening)
			require.NotEmpty(t, literal)
		}
	})
}
