package shards

// Limits says which limits of the service this room enforces. Sizes of
// requests and numbers of things are always limited; what is limited per time
// (rates, changes per day, how much is created at once) only when enforced.
type Limits struct {
	// Enforced turns limits per time on.
	Enforced bool
	// Factor multiplies rates; 0 means 1.
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

// rate is a limit per second as it is enforced; off means no limit.
func (l Limits) rate(perSecond float64) (limit float64, on bool) {
	if !l.Enforced {
		return 0, false
	}
	if l.Factor > 0 {
		perSecond *= l.Factor
	}
	return perSecond, true
}
