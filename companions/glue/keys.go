package glue

import (
	"encoding/binary"
	"strings"
)

// What the keys of the space begin with; see doc.go.
const (
	prefixCatalog   = 'a'
	prefixDatabase  = 'd'
	prefixContents  = 'n'
	prefixTable     = 't'
	prefixCounts    = 'c'
	prefixVersion   = 'v'
	prefixPartition = 'p'
)

// prefix begins the keys of one kind in a catalog.
func (k catalogKey) prefix(kind byte) []byte {
	return []byte(string(rune(kind)) + k.account + "\x00" + k.region + "\x00")
}

// parseCatalogKey reads the key of a catalog's own record.
func parseCatalogKey(key []byte) (catalogKey, bool) {
	parts := strings.Split(string(key[1:]), "\x00")
	if len(parts) != 3 || parts[2] != "" {
		return catalogKey{}, false
	}
	return catalogKey{parts[0], parts[1]}, true
}

func (k catalogKey) database(name string) []byte { return append(k.prefix(prefixDatabase), name...) }

// inside begins the keys of one kind in a database.
func (k catalogKey) inside(kind byte, database uint64) []byte {
	return binary.BigEndian.AppendUint64(k.prefix(kind), database)
}

func (k catalogKey) table(database uint64, name string) []byte {
	return append(k.inside(prefixTable, database), name...)
}

// under begins the keys of one kind below a table.
func (k catalogKey) under(kind byte, database, table uint64) []byte {
	return binary.BigEndian.AppendUint64(k.inside(kind, database), table)
}

func (k catalogKey) version(database, table, number uint64) []byte {
	return binary.BigEndian.AppendUint64(k.under(prefixVersion, database, table), number)
}

func (k catalogKey) partition(database, table uint64, values []string) []byte {
	return appendValues(k.under(prefixPartition, database, table), values)
}

// appendValues writes values so that they sort one by one: a zero byte in a
// value is followed by 0xff, the end of one by 0x01.
func appendValues(b []byte, values []string) []byte {
	for _, v := range values {
		b = append(b, strings.ReplaceAll(v, "\x00", "\x00\xff")...)
		b = append(b, 0, 1)
	}
	return b
}

// parseValues reads what appendValues wrote.
func parseValues(b []byte) []string {
	var values []string
	for text := string(b); text != ""; {
		v, rest, _ := strings.Cut(text, "\x00\x01")
		values, text = append(values, strings.ReplaceAll(v, "\x00\xff", "\x00")), rest
	}
	return values
}

// after is the first key behind all that begin with prefix.
func after(prefix []byte) []byte {
	b := append([]byte(nil), prefix...)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return b[:i+1]
		}
	}
	return nil
}

// next is the first key behind key.
func next(key []byte) []byte { return append(append([]byte(nil), key...), 0) }
