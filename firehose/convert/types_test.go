package convert

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/firehose/parquet"
)

func TestTypesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "uniontype<int>", "array", "array<int", "array<int>>", "map<int>", "map<array<int>,int>", "struct<>", "struct<a>", "struct<a:int,A:int>",
		"struct<a:int", "decimal(39)", "decimal(5,6)", "decimal(x)", "decimal(1,2,3)", "varchar", "varchar(0)", "varchar(65536)", "char(256)", "int x", "interval",
		strings.Repeat("array<", 60) + "int" + strings.Repeat(">", 60)} {
		_, err := Compile([]Column{{"c", text}}, Options{})
		var failed *Failure
		require.ErrorAs(t, err, &failed, text)
		require.Equal(t, "DataFormatConversion.InvalidSchema", failed.Code)
		require.True(t, strings.HasPrefix(failed.Text, "The schema is invalid. "), failed.Text)
	}
	for _, columns := range [][]Column{nil, {{"", "int"}}, {{"a", "int"}, {"A", "int"}}} {
		_, err := Compile(columns, Options{})
		require.Error(t, err)
	}
}

// The shapes are those of Hive's writer.
func TestShapes(t *testing.T) {
	p, err := Compile([]Column{{"Id", " INTEGER "}, {"price", "decimal(10, 2)"}, {"tags", "array<map<string,char(3)>>"}}, Options{})
	require.NoError(t, err)
	leaf := func(name string, r parquet.Repetition, p parquet.Physical, m parquet.Meaning) *parquet.Node {
		return &parquet.Node{Name: name, Repetition: r, Physical: p, Meaning: m}
	}
	price := leaf("price", parquet.Optional, parquet.Fixed, parquet.Decimal)
	price.Length, price.Precision, price.Scale = 5, 10, 2
	require.Equal(t, []*parquet.Node{
		leaf("id", parquet.Optional, parquet.Int32, parquet.Plain),
		price,
		{Name: "tags", Repetition: parquet.Optional, Meaning: parquet.List, Children: []*parquet.Node{
			{Name: "bag", Repetition: parquet.Repeated, Meaning: parquet.Plain, Children: []*parquet.Node{
				{Name: "array_element", Repetition: parquet.Optional, Meaning: parquet.Map, Children: []*parquet.Node{
					{Name: "map", Repetition: parquet.Repeated, Meaning: parquet.MapKeyValue, Children: []*parquet.Node{
						leaf("key", parquet.Required, parquet.ByteArray, parquet.UTF8), leaf("value", parquet.Optional, parquet.ByteArray, parquet.UTF8)}},
				}},
			}},
		}},
	}, p.Schema())
	for precision, length := range map[int]int{1: 1, 2: 1, 3: 2, 9: 4, 10: 5, 18: 8, 19: 9, 38: 16} {
		require.Equal(t, length, decimalBytes(precision), precision)
	}
}
