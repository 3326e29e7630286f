// Package parquet writes Parquet files: columns of typed values, in pages, in
// row groups, with the schema at the end. It only writes, and knows nothing of
// where values come from.
//
//	Values of each leaf ──► column ──► pages ──► row group ──► file
//	                        pending    encoded   dictionary    footer
//	                        page       packed    first
//
// Values come in as columns and stay columns; nothing is done by reflection,
// and a file costs what it holds packed, beside one page a column. The formats
// are those of Hive's writer, which Firehose goes by: PLAIN values, dictionaries
// where asked for, data pages of version 1 or 2.
//
// Sources: the format's own description, apache/parquet-format 2.11.
package parquet
