package firehose

import (
	"strings"

	"sluice/internal/arn"
)

// streamKey names a delivery stream.
type streamKey struct{ account, region, name string }

// arn is the resource name of the stream.
func (k streamKey) arn() string {
	return "arn:" + arn.Partition(k.region) + ":firehose:" + k.region + ":" + k.account + ":deliverystream/" + k.name
}

// Keys of the space. Accounts, regions and names hold no zero byte.
const (
	roomKey        = "room"
	streamPrefix   = "stream\x00"
	progressPrefix = "progress\x00"
)

func (k streamKey) under(prefix string) []byte {
	return []byte(prefix + k.account + "\x00" + k.region + "\x00" + k.name)
}

// parseKey reads what under wrote.
func parseKey(prefix string, key []byte) (streamKey, bool) {
	rest, ok := strings.CutPrefix(string(key), prefix)
	parts := strings.Split(rest, "\x00")
	if !ok || len(parts) != 3 {
		return streamKey{}, false
	}
	return streamKey{parts[0], parts[1], parts[2]}, true
}

// after is the first key behind all that begin with prefix.
func after(prefix string) []byte {
	end := []byte(prefix)
	end[len(end)-1]++
	return end
}
