// Package glue is the Data Catalog of AWS Glue: databases, tables and their
// versions, partitions, partition indexes and tags, as SDKs, Terraform and
// query engines make and read them, and as Firehose asks for schemas.
// Crawlers, jobs, the schema registry and federation are not here; docs/glue.md
// says what is.
//
// Names are folded to lower case; the catalog of an account and a region is a
// world of its own. All of it lives in a kv.Space, whose keys are
//
//	a account 0 region 0                           how many databases, the next number of one
//	d account 0 region 0 database                  a database
//	n account 0 region 0 db(8)                     how many tables, the next number of one
//	t account 0 region 0 db(8) table               a table as it is now
//	c account 0 region 0 db(8) table(8)            how many partitions and old versions
//	v account 0 region 0 db(8) table(8) number(8)  an old version of a table
//	p account 0 region 0 db(8) table(8) values     a partition
//
// where numbers are big-endian and never used twice in a catalog, and the values
// of a partition are written so that they sort one by one. A change is one
// batch, counts included, so that a crash leaves all of it or nothing.
//
// Nothing is kept in memory: reads ask the space, changes take turns by table,
// by database or by catalog.
package glue
