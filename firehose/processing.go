package firehose

import (
	"encoding/base64"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// The processors that work here.
const (
	appendDelimiter   = string(types.ProcessorTypeAppendDelimiterToRecord)
	metadata          = string(types.ProcessorTypeMetadataExtraction)
	recordSplit       = string(types.ProcessorTypeRecordDeAggregation)
	lambdaTransform   = string(types.ProcessorTypeLambda)
	decompression     = string(types.ProcessorTypeDecompression)
	logProcessing     = string(types.ProcessorTypeCloudWatchLogProcessing)
	maxProcessors     = 5
	paramQuery        = string(types.ProcessorParameterNameMetadataExtractionQuery)
	paramEngine       = string(types.ProcessorParameterNameJsonParsingEngine)
	paramSubRecord    = string(types.ProcessorParameterNameSubRecordType)
	paramDelimiter    = string(types.ProcessorParameterNameDelimiter)
	paramLambda       = string(types.ProcessorParameterNameLambdaArn)
	paramRetries      = string(types.ProcessorParameterNameLambdaNumberOfRetries)
	paramRole         = string(types.ProcessorParameterNameRoleArn)
	paramSize         = string(types.ProcessorParameterNameBufferSizeInMb)
	paramInterval     = string(types.ProcessorParameterNameBufferIntervalInSeconds)
	paramPacking      = string(types.ProcessorParameterNameCompressionFormat)
	paramExtraction   = string(types.ProcessorParameterNameDataMessageExtraction)
	extractionOn      = "true"
	engineJQ          = "JQ-1.6"
	subRecordJSON     = "JSON"
	subRecordDelimted = "DELIMITED"
)

// readProcessing reads what is to be done to records. At creation an omitted
// Enabled means false. The role is that of the destination, which a function is
// called with unless it has its own.
func readProcessing(c *types.ProcessingConfiguration, role string) (*processing, error) {
	p := &processing{Enabled: aws.ToBool(c.Enabled)}
	for _, one := range c.Processors {
		out := processor{Type: string(one.Type)}
		seen := map[types.ProcessorParameterName]bool{}
		for _, q := range one.Parameters {
			if seen[q.ParameterName] {
				return nil, errInvalid("Duplicate ProcessorParameter passed to ProcessingConfiguration.")
			}
			seen[q.ParameterName] = true
			out.Parameters = append(out.Parameters, parameter{string(q.ParameterName), aws.ToString(q.ParameterValue)})
		}
		switch out.Type {
		case appendDelimiter:
			out.Parameters = nil // the service drops any
		case lambdaTransform:
			if err := out.completeLambda(role); err != nil {
				return nil, err
			}
		case logProcessing:
			if err := out.completeExtraction(); err != nil {
				return nil, err
			}
		}
		p.Processors = append(p.Processors, out)
	}
	return p, nil
}

// value is a parameter of a processor, empty when it is not there.
func (p *processor) value(name string) string {
	for _, q := range p.Parameters {
		if q.Name == name {
			return q.Value
		}
	}
	return ""
}

// find returns the first enabled processor of a type, nil for none.
func (d *destination) find(kind string) *processor {
	if d.Processing == nil || !d.Processing.Enabled {
		return nil
	}
	i := slices.IndexFunc(d.Processing.Processors, func(p processor) bool { return p.Type == kind })
	if i < 0 {
		return nil
	}
	return &d.Processing.Processors[i]
}

func (d *destination) checkProcessing() error {
	p := d.Processing
	if p == nil {
		if d.partitioned() {
			return d.checkKeys(nil)
		}
		return nil
	}
	if p.Enabled && (len(p.Processors) == 0 || len(p.Processors) > maxProcessors) {
		return errInvalid("A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.")
	}
	for i := range p.Processors {
		if err := d.checkProcessor(&p.Processors[i]); err != nil {
			return err
		}
	}
	if d.find(logProcessing) != nil && d.find(decompression) == nil {
		return errInvalid("CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor")
	}
	functions := 0
	for _, one := range p.Processors {
		if one.Type == lambdaTransform {
			functions++
		}
	}
	if functions > 1 {
		return errInvalid("Cannot have more than 1 Lambda processor.")
	}
	return d.checkKeys(d.find(metadata))
}

func (d *destination) checkProcessor(p *processor) error {
	only := func(kind string) error {
		return errInvalid("class com.amazonaws.services.firehose.internal.model." + kind +
			"Processor can only be present when Dynamic Partitioning is enabled.")
	}
	switch p.Type {
	case appendDelimiter, lambdaTransform, logProcessing:
		return nil
	case decompression:
		if p.value(paramPacking) != "GZIP" {
			return errInvalid("CompressionFormat has to be GZIP")
		}
		return nil
	case metadata:
		if !d.partitioned() {
			return only("MetadataExtraction")
		}
		if p.value(paramEngine) != engineJQ {
			return errInvalid("MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6")
		}
		_, err := compileQuery(p.value(paramQuery))
		return err
	case recordSplit:
		if !d.partitioned() {
			return only("RecordDeAggregation")
		}
		return checkSplit(p)
	}
	return errNotThere("process records with " + p.Type)
}

func checkSplit(p *processor) error {
	switch p.value(paramSubRecord) {
	case subRecordJSON:
		return nil
	case subRecordDelimted:
		delimiter, err := base64.StdEncoding.DecodeString(p.value(paramDelimiter))
		if err != nil || len(delimiter) == 0 {
			return errInvalid("Delimiter should be present for DELIMITED")
		}
		return nil
	}
	return errInvalid("SubRecordType has to be one of JSON, DELIMITED")
}

// checkKeys holds the keys a query yields against those the prefix uses.
func (d *destination) checkKeys(p *processor) error {
	if !d.partitioned() {
		return nil
	}
	used, err := compilePrefix("Prefix", aws.ToString(d.S3.Prefix))
	if err != nil {
		return err
	}
	if used.has(spaceLambda, "") && d.find(lambdaTransform) == nil {
		return errInvalid("Lambda processor is required when the Prefix uses partitionKeyFromLambda")
	}
	if p == nil {
		if !used.has(spaceQuery, "") {
			return nil
		}
		return errInvalid("MetadataExtraction processor is required when the Prefix uses partitionKeyFromQuery")
	}
	query, err := compileQuery(p.value(paramQuery))
	if err != nil {
		return err
	}
	for _, key := range query.keys {
		if !used.has(spaceQuery, key) {
			return errInvalid("MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression")
		}
	}
	for _, name := range used.names(spaceQuery) {
		if !slices.Contains(query.keys, name) {
			return errInvalid("S3 Prefix expression contains the key " + name + ", which the MetaDataExtraction JQ Query does not yield")
		}
	}
	return nil
}
