package sluice

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SeedVariable is the environment variable that other emulators made known
// for streams that exist from the start: name:shards[:region],…
const SeedVariable = "KINESIS_INITIALIZE_STREAMS"

// StreamSeed describes a stream that exists once the server is ready. A stream
// of that name that is there already keeps its shards and mode; its tags and
// retention are brought in line. Applying a seed twice changes nothing.
type StreamSeed struct {
	Name string
	// Shards of a provisioned stream; 0 makes it an on-demand stream.
	Shards int
	// Retention in whole hours, 24h to 8760h; 0 leaves the service's 24 hours.
	Retention time.Duration
	// Tags to set; others are left alone.
	Tags map[string]string
	// Scaling, when set, has a provisioned stream scale by itself.
	Scaling *ScalingPolicy
	// Region and Account default to the server's.
	Region  string
	Account string
}

var streamNamePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)

func (s StreamSeed) validate() error {
	switch hours := s.Retention / time.Hour; {
	case !streamNamePattern.MatchString(s.Name):
		return fmt.Errorf("name %q is not 1 to 128 of a-z A-Z 0-9 _ . -", s.Name)
	case s.Shards < 0:
		return errors.New("shards cannot be negative")
	case s.Retention != 0 && (s.Retention%time.Hour != 0 || hours < 24 || hours > 8760):
		return fmt.Errorf("retention %v is not a whole number of hours from 24 to 8760", s.Retention)
	case s.Scaling != nil && s.Shards == 0:
		return errors.New("scaling is for streams with shards; an on-demand stream scales by the rules of the service")
	case s.Account != "" && !accountPattern.MatchString(s.Account):
		return fmt.Errorf("account %q is not 12 digits", s.Account)
	case s.Region != "" && !regionPattern.MatchString(s.Region):
		return fmt.Errorf("region %q is not a region such as us-east-1", s.Region)
	}
	if s.Scaling != nil {
		return s.Scaling.WithDefaults().Validate()
	}
	return nil
}

// parseSeeds reads the value of SeedVariable.
func parseSeeds(value string) ([]StreamSeed, error) {
	var seeds []StreamSeed
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		parts := strings.Split(item, ":")
		if len(parts) < 2 || len(parts) > 3 {
			return nil, fmt.Errorf("%q is not name:shards or name:shards:region", item)
		}
		shards, err := strconv.Atoi(parts[1])
		if err != nil || shards < 1 {
			return nil, fmt.Errorf("%q does not have a number of shards after the name", item)
		}
		seed := StreamSeed{Name: parts[0], Shards: shards}
		if len(parts) == 3 {
			seed.Region = parts[2]
		}
		if err := seed.validate(); err != nil {
			return nil, fmt.Errorf("%q: %w", item, err)
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

// setField sets one key of a seed in the file. Scalars come as text.
func (s *StreamSeed) setField(key, value string) (err error) {
	switch key {
	case "name":
		s.Name = value
	case "shards":
		if s.Shards, err = strconv.Atoi(value); err != nil || s.Shards < 1 {
			return fmt.Errorf("%q is not a number of shards", value)
		}
	case "mode":
		if value != "PROVISIONED" && value != "ON_DEMAND" {
			return fmt.Errorf("%q is not one of PROVISIONED, ON_DEMAND", value)
		}
	case "retention":
		s.Retention, err = parseDuration(value)
	case "region":
		s.Region = value
	case "account":
		s.Account = value
	default:
		return fmt.Errorf("unknown key %q%s", key, suggest(key, seedKeys()))
	}
	return err
}

func seedKeys() []string {
	return []string{"name", "shards", "mode", "retention", "tags", "scaling", "region", "account"}
}

// String names the stream and where it belongs.
func (s StreamSeed) String() string {
	return fmt.Sprintf("%s (%s, %s)", s.Name, s.Account, s.Region)
}

// equal compares seeds, tags included.
func (s StreamSeed) equal(o StreamSeed) bool {
	return s.Name == o.Name && s.Shards == o.Shards && s.Retention == o.Retention && s.Region == o.Region &&
		s.Account == o.Account && maps.Equal(s.Tags, o.Tags) && s.scaling() == o.scaling()
}

// scaling is the policy to compare, the zero value for none.
func (s StreamSeed) scaling() ScalingPolicy {
	if s.Scaling == nil {
		return ScalingPolicy{}
	}
	return s.Scaling.WithDefaults()
}

func sameSeeds(a, b []StreamSeed) bool { return slices.EqualFunc(a, b, StreamSeed.equal) }
