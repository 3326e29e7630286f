// Package predicate reads the expressions by which partitions of a table are
// listed, such as
//
//	year = 2026 AND month BETWEEN '03' AND '06' AND NOT region IN ('eu', 'us')
//
// An expression compares partition keys with literals by =, <>, !=, <, >, <=,
// >=, LIKE, IN, BETWEEN and IS NULL, each with NOT where that reads well, and
// joins comparisons by AND, OR, NOT and brackets; AND binds more closely than
// OR. Values are compared as the type of their key says: numbers by size, dates
// and times by time, text by its bytes. Everything that can be wrong with an
// expression is found when it is read; what can be wrong with a stored value is
// found when it is looked at, as at the service.
package predicate
