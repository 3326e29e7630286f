package sluice

import "sluice/server"

// guard tells the door how policies of identities name what the rooms do. What
// is not here has the prefix of its signatures and resources that are ARNs. The
// source is the service authorization reference of AWS. Buckets ask by
// themselves.
func (inst *instance) guard() {
	for id, g := range map[string]server.Guard{
		kinesisID:    {Inside: true, Resources: map[string]string{"StreamName": "stream/", "ChannelName": "channel/"}},
		firehoseID:   {Resources: map[string]string{"DeliveryStreamName": "deliverystream/"}},
		dynamodbID:   {Resources: map[string]string{"TableName": "table/"}},
		cloudwatchID: {Prefix: "cloudwatch"},
		glueID:       {Room: true},
		lambdaID: {
			Resources: map[string]string{"FunctionName": "function:", "UUID": "event-source-mapping:"},
			Actions: map[string]string{
				"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction",
			},
		},
	} {
		inst.mounts.Guard(id, g)
	}
}
