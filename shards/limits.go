package shards

// Limits says which limits of the service this room enforces. Sizes of
// requests and numbers of things are always limited; what is limited per time
// (rates, changes per day, how much is created at once) only when enforced.
type Limits struct {
	// Enforced turns limits per time on.
	Enforced bool
	// Factor multiplies rates, never sizes, numbers or changes per day; 0
	// means 1.
	Factor float64
	// Shards is the quota of open shards per account and region; 0 means the
	// service's default for the region.
	Shards int
}

// Counts of the service.
const (
	onDemandShards   = 4     // a new on-demand stream starts with
	onDemandStreams  = 50    // per account and region
	creatingStreams  = 5     // at the same time
	scaleLimit       = 10000 // shards UpdateShardCount may reach
	scalesPerDay     = 10    // per stream
	defaultRecordKiB = 1024
)

// SetLimits changes which limits are enforced, from the next call on. What was
// used of an allowance stays used.
func (s *Streams) SetLimits(l Limits) {
	s.limits.Store(&l)
	s.price.Store(l.price())
}

// limited reports whether limits per time are enforced.
func (s *Streams) limited() bool { return s.limits.Load().Enforced }

// shardQuota is the limit of open shards of the account in a region.
func (s *Streams) shardQuota(region string) int { return s.limits.Load().shardQuota(region) }

// shardQuota is the limit of open shards in a region. The service names 20,000
// for three regions and 1,000 or 6,000 for others without saying which.
func (l Limits) shardQuota(region string) int {
	if l.Shards > 0 {
		return l.Shards
	}
	switch region {
	case "us-east-1", "us-west-2", "eu-west-1":
		return 20000
	}
	return 6000
}

// factor is what rates are multiplied by.
func (l Limits) factor() float64 {
	if l.Factor > 0 {
		return l.Factor
	}
	return 1
}

// price is what a token costs, in its parts; 0 when rates are not enforced.
// A price is rounded down, so that a rate is reached exactly.
func (l Limits) price() int64 {
	if !l.Enforced {
		return 0
	}
	return int64(min(max(token/l.factor(), 1), 1e18))
}
