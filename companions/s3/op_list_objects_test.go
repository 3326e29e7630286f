package s3

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListObjects(t *testing.T) {
	w := begin(t).bucket("things")
	for _, key := range []string{"a", "b/1", "b/2", "c"} {
		w.put("/things/"+key, key)
	}
	a := w.get("/things?delimiter=/&max-keys=2").ok().has("<IsTruncated>true</IsTruncated>", "<NextMarker>b/</NextMarker>", "<DisplayName>")
	require.Equal(t, []string{"a", "b/"}, a.keys())
	require.Equal(t, []string{"c"}, w.get("/things?delimiter=/&marker=b/").ok().keys())
	require.Equal(t, []string{"b/2", "c"}, w.get("/things?marker=b/1").ok().keys())
	w.get("/things?max-keys=-1").fails(400, "InvalidArgument", "Argument max-keys must be an integer between 0 and 2147483647")
	w.get("/things?max-keys=x").fails(400, "InvalidArgument", "Provided max-keys not an integer or within integer range")
	w.get("/things?encoding-type=base64").fails(400, "InvalidArgument", "Invalid Encoding Method specified in Request")
}
