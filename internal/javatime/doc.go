// Package javatime writes times by the patterns of Java's DateTimeFormatter in
// the US locale, which Firehose prefixes and other settings of AWS are spelled
// in. It only writes; nothing is parsed.
//
// A pattern is compiled once and is as strict as Java's: a letter that means
// nothing, or is there too often, is an error with Java's text. Source: the
// documentation of java.time.format.DateTimeFormatter, version 8; testdata
// holds what a Java runtime wrote.
package javatime
