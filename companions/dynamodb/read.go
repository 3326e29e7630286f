package dynamodb

import (
	"bytes"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// maxPage is how much a query or scan reads at once, before its filter.
const maxPage = 1 << 20

// search is a query or scan of a table or one of its indexes.
type search struct {
	table *table
	index *index // nil for the table
	// from and to bound the rows, to being nil for no end.
	from, to []byte
	reverse  bool
	limit    int // 0 for none
	keep     func(item value.Item) bool
	// whole asks for items as the table has them, not as the index does.
	whole bool
	// projection is nil for all.
	projection expression.Projection
	countOnly  bool
}

// page is what a search has found.
type page struct {
	items          []map[string]types.AttributeValue
	count, scanned int
	size           int
	last           value.Item // where to go on, nil at the end
}

// key is the attributes that tell where a row is: the index's and the table's.
func (s *search) key() []string {
	names := slices.Clone(s.table.record.Key)
	if s.index != nil {
		for _, name := range s.index.Key {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// prefix begins the keys of all rows.
func (s *search) prefix() []byte {
	if s.index != nil {
		return indexPrefix(s.table.record.ID, s.index.ID)
	}
	return tablePrefix(prefixItem, s.table.record.ID)
}

// row is the key of an item's row.
func (s *search) row(item value.Item) []byte {
	tail := s.table.record.Key.tail(item)
	if s.index != nil {
		return s.table.record.indexKey(s.index, item, tail)
	}
	return append(s.prefix(), tail...)
}

// startAfter begins behind the row of a key that an earlier page ended with.
func (s *search) startAfter(key value.Item) {
	row := s.row(key)
	if s.reverse {
		if s.to == nil || bytes.Compare(row, s.to) < 0 {
			s.to = row
		}
		return
	}
	if row = append(row, 0); bytes.Compare(row, s.from) > 0 {
		s.from = row
	}
}

// checkStart checks an ExclusiveStartKey.
func (s *search) checkStart(key value.Item) error {
	rec := s.table.record
	if len(key) != len(s.key()) {
		if s.index == nil {
			return invalid("The provided starting key is invalid: The provided key element does not match the schema")
		}
		return errStartKey()
	}
	for _, name := range s.key() {
		if key[name] == nil || key[name].Kind != rec.kind(name) {
			if s.index == nil {
				return invalid("The provided starting key is invalid: The provided key element does not match the schema")
			}
			return errStartKey()
		}
	}
	own := value.Item{}
	for _, name := range rec.Key {
		own[name] = key[name]
	}
	if _, err := rec.keyOf(own); err != nil {
		return invalid("The provided starting key is invalid: %s", messageOf(err))
	}
	return nil
}

// search reads one page. The rows are taken first: what a scan sees is one
// moment, and reading whole items in between is not allowed.
func (r *Tables) search(ctx context.Context, s *search) (*page, error) {
	p := &page{}
	if !s.countOnly {
		p.items = []map[string]types.AttributeValue{} // clients look for it, even when it is empty
	}
	var found []value.Item
	full := false
	err := r.space.Scan(ctx, s.from, s.to, s.reverse, func(_, stored []byte) (bool, error) {
		item, err := value.Decode(stored)
		if err != nil {
			return false, err
		}
		p.scanned++
		p.size += item.Size()
		p.last = item
		if s.whole || s.keep == nil || s.keep(item) {
			found = append(found, item)
		}
		full = p.scanned == s.limit || p.size >= maxPage
		return !full, nil
	})
	if err != nil {
		return nil, err
	}
	if !full {
		p.last = nil
	} else if p.last != nil {
		p.last = expression.Names(s.key()).Of(p.last)
	}
	for _, item := range found {
		if err := r.take(ctx, s, p, item); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// take adds an item that was found to a page.
func (r *Tables) take(ctx context.Context, s *search, p *page, item value.Item) error {
	if s.whole {
		whole, err := r.read(ctx, s.table.record, s.table.record.Key.tail(item))
		if err != nil {
			return err
		}
		if whole == nil || s.keep != nil && !s.keep(whole) {
			return nil // it has gone meanwhile
		}
		item = whole
	}
	p.count++
	if s.countOnly {
		return nil
	}
	if s.projection != nil {
		item = s.projection.Of(item)
	}
	p.items = append(p.items, shapeOf(item))
	return nil
}

// choose finds the index of a read and what it gives of each item.
func (s *search) choose(name *string, selected types.Select, consistent *bool) error {
	if name != nil {
		if s.index = s.table.record.index(*name); s.index == nil {
			return errNoIndex(*name)
		}
		if !s.index.Local && consistent != nil && *consistent {
			return invalid("Consistent reads are not supported on global secondary indexes")
		}
	}
	s.countOnly = selected == types.SelectCount
	switch {
	case selected == types.SelectAllProjectedAttributes && s.index == nil:
		return badValue("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case selected == types.SelectAllAttributes && s.index != nil && s.index.Projection != "ALL":
		if !s.index.Local {
			return badValue("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", s.index.Name)
		}
		s.whole = true
	}
	return nil
}

// checkSelect refuses a Select that does not go with the projection.
func checkSelect(selected types.Select, projection expression.Projection) error {
	switch {
	case projection != nil && selected != "" && selected != types.SelectSpecificAttributes:
		return invalid("Cannot specify the AttributesToGet when choosing to get %s", selectWords(selected))
	case projection == nil && selected == types.SelectSpecificAttributes:
		return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	}
	return nil
}

func selectWords(selected types.Select) string {
	if selected == types.SelectCount {
		return "only the Count"
	}
	return string(selected)
}
