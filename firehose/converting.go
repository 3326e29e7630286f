package firehose

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"sluice/firehose/convert"
	"sluice/firehose/parquet"
)

// conversionFailed is the type of records that could not become rows.
const conversionFailed = "format-conversion-failed"

// The options of a writer that gives none.
const (
	defaultBlock = 256 << 20
	defaultPage  = 1 << 20
)

// converting makes rows of the records of one buffer.
type converting struct {
	rows  *convert.Rows
	plan  *convert.Plan
	form  parquet.Options
	table failedTable
	// failed is why the schema cannot be used; then no record can be converted.
	failed *convert.Failure
	// records and bytes were converted, failures and failedBytes were not.
	records, bytes, failures, failedBytes int
}

// failedTable says in error records by which table a record did not fit.
type failedTable struct {
	Catalog  *string `json:"catalogId"`
	Database string  `json:"databaseName"`
	Table    string  `json:"tableName"`
	Region   string  `json:"region"`
	Version  string  `json:"versionId"`
	ARN      *string `json:"catalogArn"`
	Role     string  `json:"roleArn"`
}

// failedRow is the line about a record that could not become rows.
type failedRow struct {
	Attempts int         `json:"attemptsMade"`
	Arrival  int64       `json:"arrivalTimestamp"`
	Code     string      `json:"lastErrorCode"`
	Message  string      `json:"lastErrorMessage"`
	Ended    int64       `json:"attemptEndingTimestamp"`
	Raw      []byte      `json:"rawData"`
	Sequence string      `json:"sequenceNumber"`
	Sub      *int        `json:"subSequenceNumber"`
	Table    failedTable `json:"dataCatalogTable"`
}

// options say how JSON is read.
func (c *conversionIn) options() convert.Options {
	if c.Hive != nil {
		return convert.Options{Hive: true, TimestampFormats: c.Hive.Formats}
	}
	x := c.OpenX
	return convert.Options{CaseSensitive: x.CaseInsensitive != nil && !*x.CaseInsensitive, Dots: aws.ToBool(x.Dots), Keys: x.Keys}
}

// options say how files are written.
func (p *parquetForm) options() parquet.Options {
	o := parquet.Options{Codec: parquet.Snappy, BlockBytes: defaultBlock, PageBytes: defaultPage, MaxPadding: int(aws.ToInt32(p.Padding)),
		Dictionary: aws.ToBool(p.Dictionary), V2: p.Version == string(types.ParquetWriterVersionV2), CreatedBy: "Sluice"}
	if p.Block != nil {
		o.BlockBytes = int(*p.Block)
	}
	if p.Page != nil {
		o.PageBytes = int(*p.Page)
	}
	switch p.Compression {
	case string(types.ParquetCompressionUncompressed):
		o.Codec = parquet.Uncompressed
	case string(types.ParquetCompressionGzip):
		o.Codec = parquet.Gzip
	}
	return o
}

// beginConverting finds the schema for a buffer. An error is trouble with the
// catalog that may pass.
func (set *objects) beginConverting(ctx context.Context) error {
	c := set.state.Destination.Conversion
	k := set.owner.way.stream.key
	at := c.Schema.table(k)
	out := &converting{form: c.Output.Parquet.options(), table: failedTable{Catalog: c.Schema.Catalog, Database: at.Database,
		Table: at.Name, Region: at.Region, Version: at.Version, Role: aws.ToString(c.Schema.Role)}}
	columns, err := set.owner.room.config.Schemas.Columns(ctx, at)
	if err == nil {
		out.plan, out.failed = set.owner.room.plans.plan(columns, c.Input.options())
	} else if out.failed = schemaFailure(err); out.failed == nil {
		return fmt.Errorf("the schema of the table %s.%s: %w", at.Database, at.Name, err)
	}
	if out.plan != nil {
		out.rows = out.plan.NewRows()
	}
	set.converting = out
	return nil
}

// read makes rows of a record. A record that does not fit is returned.
func (c *converting) read(st *streamState, r *record, part int, data []byte) *misfit {
	failed := c.failed
	if failed == nil {
		err := c.rows.Read(data)
		if err == nil {
			c.records++
			c.bytes += len(data)
			return nil
		}
		errors.As(err, &failed)
	}
	c.failures++
	c.failedBytes += len(data)
	bad := &misfit{failure: failure{Kind: conversionFailed, Code: failed.Code, Text: failed.Text, Attempts: 1}, original: data, table: &c.table}
	if st.Source == nil {
		bad.id = st.recordID(r.position, part)
	} else {
		bad.id, bad.sub = r.envelope.Sequence, aws.Int(r.envelope.Sub)
	}
	return bad
}

// addRows puts the rows of a record into the file they belong to. A record that
// does not fit is returned.
func (set *objects) addRows(ctx context.Context, name string, rec *record, part int, fit *fit) (*misfit, error) {
	if set.converting == nil {
		if err := set.beginConverting(ctx); err != nil {
			return nil, err
		}
	}
	c := set.converting
	if bad := c.read(set.state, rec, part, fit.data); bad != nil {
		return bad, nil
	}
	o := set.good[name]
	if o == nil {
		o = &object{keys: fit.keys, lambda: fit.lambda}
		var err error
		if o.file, err = parquet.New(c.plan.Schema(), c.form); err != nil {
			return nil, err
		}
		set.good[name] = o
	}
	o.note(rec.arrival)
	return nil, o.file.Add(c.rows.Count(), c.rows.Values())
}

// close ends the object and returns its bytes.
func (o *object) close() ([]byte, error) {
	if o.file == nil {
		return o.body.Close()
	}
	return o.file.Close()
}

// data are the metrics of what was converted.
func (c *converting) data() []Datum {
	return []Datum{{"SucceedConversion.Records", unitCount, float64(c.records)}, {"SucceedConversion.Bytes", unitBytes, float64(c.bytes)},
		{"FailedConversion.Records", unitCount, float64(c.failures)}, {"FailedConversion.Bytes", unitBytes, float64(c.failedBytes)}}
}
