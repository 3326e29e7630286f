package firehose

import (
	"strconv"
	"time"
)

// objectKey puts a key together: the evaluated prefix, then the stream, its
// version, the time in the destination's zone, an id, and the extension.
func objectKey(prefix, stream string, version int64, at time.Time, id, extension string) string {
	return prefix + stream + "-" + strconv.FormatInt(version, 10) + "-" + at.Format("2006-01-02-15-04-05") + "-" + id + extension
}
