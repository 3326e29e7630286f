package glue

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
	"sluice/companions/glue/predicate"
)

// GetPartitions lists the partitions of a table by their values, or those for
// which an expression over the partition keys holds. Several readers may share
// the work, each with a segment of its own.
//
// State: real
// Notes: pages of 1,000 and 4 MB, expressions, segments, ExcludeColumnSchema; QueryAsOfTime and transactions are ignored
// Test: TestGetPartitions
func (c *Catalog) GetPartitions(ctx context.Context, in *api.GetPartitionsInput) (*api.GetPartitionsOutput, error) {
	t, err := c.locateTable(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	wanted, err := t.filter(aws.ToString(in.Expression))
	if err != nil {
		return nil, err
	}
	mine, err := segment(in.Segment)
	if err != nil {
		return nil, err
	}
	about := fmt.Sprintf("partitions\x00%s\x00%s", aws.ToString(in.Expression), segmentText(in.Segment))
	l := listing{prefix: t.under(prefixPartition), about: about, limit: limitOf(in.MaxResults, maxPartitionPage)}
	out := &api.GetPartitionsOutput{Partitions: []api.Partition{}}
	out.NextToken, err = c.page(ctx, l, in.NextToken, func(below, value []byte) (bool, error) {
		// The key tells enough to pass by most of the partitions.
		values := parseValues(below)
		if !mine(values) {
			return false, nil
		}
		if took, err := wanted(values); err != nil || !took {
			return false, err
		}
		r := &partitionRecord{}
		if err := decode(value, r); err != nil {
			return false, err
		}
		p := r.shape(t.catalogKey, t.name, t.table.Name)
		if aws.ToBool(in.ExcludeColumnSchema) && p.StorageDescriptor != nil {
			p.StorageDescriptor.Columns = nil
		}
		out.Partitions = append(out.Partitions, p)
		return true, nil
	})
	return out, err
}

// maxPartitionPage is how many partitions a page holds when the caller does
// not say, which is also the most.
const maxPartitionPage = 1000

// filter reads an expression; a blank one wants all.
func (t tablePlace) filter(text string) (wanted func(values []string) (bool, error), err error) {
	if strings.TrimSpace(text) == "" {
		return func([]string) (bool, error) { return true, nil }, nil
	}
	p, err := predicate.Parse(text, t.predicateKeys())
	if err != nil {
		return nil, invalid("%s", err)
	}
	return func(values []string) (bool, error) {
		holds, err := p.Holds(values)
		var stored *predicate.ValueError
		if errors.As(err, &stored) {
			return false, refusal("InvalidStateException", "%s", stored)
		}
		return holds, err
	}, nil
}

// segment says which partitions a reader has to do with.
func segment(s *api.Segment) (mine func(values []string) bool, err error) {
	if s == nil {
		return func([]string) bool { return true }, nil
	}
	total := aws.ToInt32(s.TotalSegments)
	switch {
	case s.SegmentNumber < 0:
		return nil, errValue("segment.segmentNumber", s.SegmentNumber, "Member must have value greater than or equal to 0")
	case s.SegmentNumber >= total:
		return nil, invalid("Segment number %d is not below the %d segments there are.", s.SegmentNumber, total)
	}
	return func(values []string) bool {
		return crc32.ChecksumIEEE(appendValues(nil, values))%uint32(total) == uint32(s.SegmentNumber)
	}, nil
}

func segmentText(s *api.Segment) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%d of %d", s.SegmentNumber, aws.ToInt32(s.TotalSegments))
}
