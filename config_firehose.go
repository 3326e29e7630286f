package sluice

// FirehoseURLs says which addresses delivery streams deliver to.
type FirehoseURLs string

// Local addresses are http and loopback ones as well as what AWS takes.
const (
	FirehoseURLsLocal FirehoseURLs = "local"
	FirehoseURLsAWS   FirehoseURLs = "aws"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *FirehoseURLs) UnmarshalText(text []byte) error {
	return oneOf(u, text, FirehoseURLsLocal, FirehoseURLsAWS)
}

// firehoseSettings are those of delivery streams.
func firehoseSettings() []Setting {
	return []Setting{
		typed("firehose", "firehose-urls", "local|aws", "addresses of HTTP endpoints: http and loopback ones too, or only what AWS takes",
			func(c *Config) *FirehoseURLs { return &c.FirehoseURLs }),
	}
}
