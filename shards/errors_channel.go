package shards

import "github.com/aws/aws-sdk-go-v2/service/kinesis/types"

// The catalogue, continued: answers of the operations on channels. Nobody has
// published the service's texts yet; these are Sluice's own, with the codes
// that the API reference lists. docs/deviations.md tells which.

func errNoChannel(k streamKey, id string) error {
	return notFound("Channel %s under account %s not found.", id, k.account)
}

func errChannelARN() error { return invalid("ChannelARN must be the ARN of a channel.") }

func errChannelExists(k streamKey, name string) error {
	return inUse("Channel %s under account %s already exists.", name, k.account)
}

func errChannelBusy(k streamKey, st *channelState) error {
	return inUse("Channel %s under account %s not ACTIVE, instead in state %s", st.Name, k.account, st.Status)
}

func errHasChannels(k streamKey) error {
	return inUse("DeleteStream can't delete %s:%s because there are channels associated with this data stream. Delete the channels first.", k.account, k.name)
}

func errModeChannels(k streamKey) error {
	return inUse("Stream %s under account %s cannot leave the ON_DEMAND mode because there are channels associated with it.", k.name, k.account)
}

func errTooManyChannels(k streamKey, limit int) error {
	return exceeded("Stream %s under account %s cannot have more than %d channel with an S3 destination.", k.name, k.account, limit)
}

func errChannelStreams() error {
	return invalid("StreamConfigurationList must have exactly one stream.")
}

func errOneDestination() error {
	return invalid("Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be specified.")
}

// errTables refuses delivery to S3 Tables.
func errTables(operation string) error {
	return invalid("%s with an S3TablesDestinationConfiguration is not available: Sluice delivers channels to S3 buckets, not to S3 Tables. Nothing was changed.", operation)
}

func errRecordFormat(f types.RecordFormatType) error {
	return invalid("RecordFormatType %s is only supported for S3 Tables destinations.", f)
}

func errSchemaUnwanted() error {
	return invalid("GSRSchemaARN is only supported for S3 Tables destinations.")
}

func errFreshness(seconds int) error {
	return invalid("DataFreshnessInSeconds must be between %d and %d. Requested value: %d.", freshnessLeast, freshnessMost, seconds)
}

func errKeyTemplate(problem string) error {
	return invalid("OutputKeyTemplate is not valid: %s.", problem)
}

func errChannelKey() error {
	return invalid("The key alias/aws/kinesis cannot be used to encrypt what a channel delivers. Use a customer managed key.")
}

func errStreamKey(k streamKey) error {
	return invalid("Stream %s under account %s is encrypted with the key alias/aws/kinesis, which channels do not support. Use a customer managed key.", k.name, k.account)
}

func errNothingToUpdate() error {
	return invalid("At least one of S3DestinationConfiguration and LoggingConfiguration must be specified.")
}
