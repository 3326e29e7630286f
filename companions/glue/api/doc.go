// Package api has the shapes of the Data Catalog of Glue: the part of them that
// the catalog here knows, with the names and types of the Go SDK, so that code
// reads the same. The SDK's own package describes all of Glue in tables that are
// built when a program starts, needed or not, at 1.5 MB of it; docs/decisions/010
// tells more. A test holds these shapes equal to the SDK's.
package api
