package pebblelog

import "fmt"

// Describe says in words what a stored key is of: head is its kind and
// namespace with the zero byte, rest what follows. For a block of records end is
// the position behind them and row the key of their log's row. text is empty
// for a key that is none of a log's.
func Describe(head, rest []byte) (text string, end int64, row []byte) {
	p, err := parse(head[0], rest)
	if err != nil {
		return "", 0, nil
	}
	switch head[0] {
	case kindBlock:
		return fmt.Sprintf("records %d to %d of %v", p.place.first(), p.place.last, p.id), p.place.last + 1, keyOf(kindLog, head, p.id)
	case kindBundle:
		return fmt.Sprintf("an append to many logs of stream %d", p.id.Stream), 0, nil
	case kindIndex:
		return fmt.Sprintf("an index of %v", p.id), 0, nil
	}
	return fmt.Sprintf("the row of %v", p.id), 0, nil
}

// RaiseEnd moves the position that a log goes on with, as its row has it, to a
// number at least. Positions that were lost are not given again then. The row
// of a sealed log stays.
func RaiseEnd(row []byte, atLeast int64) ([]byte, error) {
	var s shard
	if err := s.setRow(row); err != nil {
		return nil, err
	}
	if !s.sealed {
		s.next = max(s.next, atLeast)
	}
	return s.row(), nil
}

// RowEnd is the position in a log's row.
func RowEnd(row []byte) (int64, error) {
	var s shard
	err := s.setRow(row)
	return s.next, err
}
