package shards

import "time"

// setEncryption turns encryption on with a key, or off without one. Nothing is
// encrypted: records written from then on say that they are.
type setEncryption struct {
	KeyID string `json:"keyId,omitempty"`
}

func (*setEncryption) kind() string { return "encryption" }

func (c *setEncryption) apply(st *streamState, at time.Time) error {
	st.KeyID = c.KeyID
	if c.KeyID == "" {
		st.changed(stoppedEncryption, at)
	} else {
		st.changed(startedEncryption, at)
	}
	return nil
}

// setMetrics replaces the shard-level metrics that are on.
type setMetrics struct {
	Metrics []string `json:"metrics"`
}

func (*setMetrics) kind() string { return "metrics" }

func (c *setMetrics) apply(st *streamState, _ time.Time) error {
	st.Metrics = c.Metrics
	return nil
}

// setRecordSize changes how large a record may be.
type setRecordSize struct {
	KiB int `json:"kib"`
}

func (*setRecordSize) kind() string { return "record-size" }

func (c *setRecordSize) apply(st *streamState, _ time.Time) error {
	st.MaxRecordKiB = c.KiB
	return nil
}

// setStrategy changes how records find their shard.
type setStrategy struct {
	Strategy string `json:"strategy"`
}

func (*setStrategy) kind() string { return "strategy" }

func (c *setStrategy) apply(st *streamState, _ time.Time) error {
	st.Strategy = c.Strategy
	return nil
}
