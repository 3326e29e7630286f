// Package convert turns JSON records into rows by the schema of a Hive table,
// as the deserialisers of Firehose do: OpenX's and Hive's own.
//
//	columns, options ──► Plan ──► Rows ◄── record
//	  Hive types         nodes,   values of each leaf, for a parquet.Writer
//	                     schema
//
// A record is looked over once for where its values are, which finds what is
// not JSON, and its values are then read straight into columns. A record whose
// rows do not all fit leaves nothing behind.
//
// Sources: reference section 5; org.openx.data.jsonserde and
// org.apache.hive.hcatalog.data.JsonSerDe for what nobody has measured.
package convert
