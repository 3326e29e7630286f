package shards

import "time"

// pageToken is where a list goes on: after a name, for consumers within one
// stream.
type pageToken struct {
	stream uint64 // id; 0 for lists of streams
	after  string
}

// sealPageToken dates a token and seals it.
func (s *Streams) sealPageToken(kind string, k streamKey, p pageToken) string {
	var f fields
	f.putInt(millis(s.clock.Now()))
	f.putInt(int64(p.stream))
	f.putText(p.after)
	f.putInt(int64(s.config.World))
	return s.sealer.seal(kind, k, f.raw)
}

// openPageToken reads a token of the same kind, account and region. It is good
// for 300 seconds.
func (s *Streams) openPageToken(kind string, k streamKey, token string) (pageToken, error) {
	raw, err := s.sealer.open(kind, k, token)
	if err != nil {
		return pageToken{}, errTokenForm()
	}
	f := fields{raw: raw}
	made, p := timeOf(f.int()), pageToken{stream: uint64(f.int()), after: f.text()}
	world := uint64(f.int())
	if !f.done() {
		return pageToken{}, errTokenForm()
	}
	if now := s.clock.Now(); s.expired(made, world, now) {
		return pageToken{}, errTokenExpired(made, now)
	}
	return p, nil
}

// expired reports whether a token or iterator has outlived its 300 seconds, or
// the world that it is of: a restore ends that.
func (s *Streams) expired(made time.Time, world uint64, now time.Time) bool {
	return now.Sub(made) > tokenLife || world != s.config.World
}
