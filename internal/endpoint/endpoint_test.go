package endpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for _, text := range []string{"http://127.0.0.1:9000", "https://glue.eu-west-1.amazonaws.com", "http://[::1]:9000/base/"} {
		u, err := Parse(text, "x")
		require.NoError(t, err)
		require.Equal(t, text, u.String())
	}
	for _, text := range []string{"", "127.0.0.1:9000", "localhost", "ftp://host", "http://", "http:///path", "http://me:secret@host", "http://host?a=b", "http://host:port", "http://a b"} {
		_, err := Parse(text, "http://127.0.0.1:9000")
		require.ErrorContains(t, err, " is not a URL such as http://127.0.0.1:9000", text)
	}
}
