package lambda

import (
	"sync"
	"time"

	"sluice/internal/arn"
	"sluice/internal/clock"
	"sluice/lambda/poller"
)

// Limits of mappings.
const (
	// mappingsMax bounds the memory that mappings take, some 2 KiB each.
	mappingsMax = 100_000
	// filtersMax is the highest quota that AWS grants.
	filtersMax = 10
	// tagsMax is per resource.
	tagsMax = 50
)

// The states of a mapping.
const (
	stateCreating  = "Creating"
	stateEnabling  = "Enabling"
	stateEnabled   = "Enabled"
	stateDisabling = "Disabling"
	stateDisabled  = "Disabled"
	stateUpdating  = "Updating"
	stateDeleting  = "Deleting"
)

// mappingKey names a mapping.
type mappingKey struct{ Account, Region, UUID string }

func (k mappingKey) stored() string { return mappingPrefix + k.Account + "/" + k.Region + "/" + k.UUID }

func (k mappingKey) arn() string {
	return "arn:" + arn.Partition(k.Region) + ":lambda:" + k.Region + ":" + k.Account + ":event-source-mapping:" + k.UUID
}

// pair is what there may be one mapping of.
type pair struct{ source, function string }

// mapping is one event source mapping.
type mapping struct {
	key mappingKey
	// reported is what its poller had counted when metrics were reported last.
	reported poller.Counters // guarded by meter.mu

	mu     sync.Mutex
	now    mappingState   // guarded by mu; as stored
	gone   bool           // guarded by mu; deleted, or never stored
	poller *poller.Poller // guarded by mu; nil while disabled
	timer  clock.Timer    // guarded by mu; for the end of a state in between
	paused time.Time      // guarded by mu; host time of the last pause
}

// mappingState is what is stored of a mapping.
type mappingState struct {
	Source            string            `json:"source"`
	StartingPosition  string            `json:"startingPosition"`
	StartingTimestamp int64             `json:"startingTimestamp,omitempty"` // ms
	Settings          settings          `json:"settings"`
	Next              *settings         `json:"next,omitempty"` // what the state in between leads to
	State             string            `json:"state"`
	Due               int64             `json:"due,omitempty"` // ms; when the state in between is over
	Modified          int64             `json:"modified"`      // ms
	Result            string            `json:"result,omitempty"`
	Tags              map[string]string `json:"tags,omitempty"`
}

// settings are what UpdateEventSourceMapping can change. They are replaced as
// a whole, never changed in place.
type settings struct {
	Function         functionKey `json:"function"`
	Qualifier        string      `json:"qualifier,omitempty"`
	Enabled          bool        `json:"enabled"`
	BatchSize        int32       `json:"batchSize"`
	WindowSeconds    int32       `json:"windowSeconds"`
	Factor           int32       `json:"factor"`
	RetryAttempts    int32       `json:"retryAttempts"`
	RecordAgeSeconds int32       `json:"recordAgeSeconds"`
	TumblingSeconds  int32       `json:"tumblingSeconds"`
	Bisect           bool        `json:"bisect"`
	Report           bool        `json:"report"`
	OnFailure        string      `json:"onFailure,omitempty"`
	Filters          []string    `json:"filters,omitempty"`
	KMSKey           string      `json:"kmsKey,omitempty"`
	Metrics          []string    `json:"metrics,omitempty"`
	MetricsGiven     bool        `json:"metricsGiven,omitempty"`
}

// defaults are the settings of a mapping of which nothing is said.
func defaults() settings {
	return settings{Enabled: true, BatchSize: 100, Factor: 1, RetryAttempts: -1, RecordAgeSeconds: -1}
}

func (s *settings) reference() reference { return reference{Key: s.Function, Qualifier: s.Qualifier} }

// pair is what the mapping is known by while it has these settings.
func (m *mapping) pair(source string, s *settings) pair { return pair{source, s.reference().arn()} }

// steady tells whether a state lasts.
func steady(state string) bool { return state == stateEnabled || state == stateDisabled }

func millis(t time.Time) int64  { return t.UnixMilli() }
func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
func seconds(n int32) time.Duration {
	return time.Duration(n) * time.Second
}
