package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Capacity is counted and told, never limited.

func readUnits(size int, consistent *bool) float64 {
	units := float64(max(1, (size+4095)/4096))
	if consistent != nil && *consistent {
		return units
	}
	return units / 2
}

func writeUnits(size int) float64 { return float64(max(1, (size+1023)/1024)) }

// written is what a write has consumed, nil when nobody asks.
func (t *table) written(r types.ReturnConsumedCapacity, w *write) *types.ConsumedCapacity {
	size := w.next.Size()
	if w.old != nil {
		size = max(size, w.old.Size())
	}
	return t.consumed(r, writeUnits(size), nil)
}

// consumed is the answer's part, nil when nobody asks. x is the index that
// units were used of, nil for the table.
func (t *table) consumed(r types.ReturnConsumedCapacity, units float64, x *index) *types.ConsumedCapacity {
	if r != types.ReturnConsumedCapacityTotal && r != types.ReturnConsumedCapacityIndexes {
		return nil
	}
	c := &types.ConsumedCapacity{TableName: aws.String(t.key.name), CapacityUnits: &units}
	if r == types.ReturnConsumedCapacityTotal {
		return c
	}
	if x == nil {
		c.Table = &types.Capacity{CapacityUnits: &units}
		return c
	}
	c.Table = &types.Capacity{CapacityUnits: aws.Float64(0)}
	of := map[string]types.Capacity{x.Name: {CapacityUnits: &units}}
	if x.Local {
		c.LocalSecondaryIndexes = of
	} else {
		c.GlobalSecondaryIndexes = of
	}
	return c
}
