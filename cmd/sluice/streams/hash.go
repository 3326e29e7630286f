package streams

import (
	"crypto/md5"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Range is a shard's part of the 128-bit hash space, both ends included.
type Range struct{ First, Last *big.Int }

// RangeOf reads a shard's range.
func RangeOf(s types.Shard) (Range, error) {
	var r Range
	if s.HashKeyRange == nil {
		return r, fmt.Errorf("%s has no hash key range", aws.ToString(s.ShardId))
	}
	var ok, alsoOK bool
	r.First, ok = new(big.Int).SetString(aws.ToString(s.HashKeyRange.StartingHashKey), 10)
	r.Last, alsoOK = new(big.Int).SetString(aws.ToString(s.HashKeyRange.EndingHashKey), 10)
	if !ok || !alsoOK {
		return r, fmt.Errorf("%s has a hash key range that is none", aws.ToString(s.ShardId))
	}
	return r, nil
}

// Contains is true for a hash within the range.
func (r Range) Contains(hash *big.Int) bool { return r.First.Cmp(hash) <= 0 && hash.Cmp(r.Last) <= 0 }

// Middle is where to split in two equal halves: the first hash of the right one.
func (r Range) Middle() *big.Int {
	sum := new(big.Int).Add(r.First, r.Last)
	return sum.Rsh(sum.Add(sum, big.NewInt(1)), 1)
}

// Share is the part of the whole space, between 0 and 1.
func (r Range) Share() float64 {
	width := new(big.Int).Sub(r.Last, r.First)
	width.Add(width, big.NewInt(1))
	whole := new(big.Int).Lsh(big.NewInt(1), 128)
	share, _ := new(big.Rat).SetFrac(width, whole).Float64()
	return share
}

// Follows is true when the range begins where left ends.
func (r Range) Follows(left Range) bool {
	return new(big.Int).Add(left.Last, big.NewInt(1)).Cmp(r.First) == 0
}

// HashOf is where the service puts a partition key.
func HashOf(partitionKey string) *big.Int {
	sum := md5.Sum([]byte(partitionKey))
	return new(big.Int).SetBytes(sum[:])
}
