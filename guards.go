package sluice

import (
	"sluice/companions/dynamodb"
	"sluice/internal/caller"
	"sluice/lambda"
	"sluice/server"
)

// guard tells the door how policies of identities name what the rooms do. What
// is not here has the prefix of its signatures and resources that are ARNs. The
// source is the service authorization reference of AWS. Buckets ask by
// themselves.
func (inst *instance) guard() {
	for id, g := range map[string]server.Guard{
		kinesisID:    {Inside: true, Resources: map[string]string{"StreamName": "stream/", "ChannelName": "channel/"}},
		firehoseID:   {Closed: true, Resources: map[string]string{"DeliveryStreamName": "deliverystream/"}},
		dynamodbID:   {Closed: true, Resources: map[string]string{"TableName": "table/"}, Several: severalTables},
		cloudwatchID: {Closed: true, Prefix: "cloudwatch"},
		"sts":        {Free: []string{"GetCallerIdentity", "GetSessionToken"}},
		glueID:       {Room: true},
		lambdaID: {
			Closed: true,
			Whole: map[string]func(caller.Caller, string) string{
				"FunctionName": lambda.ARNOf,
			},
			Resources: map[string]string{"UUID": "event-source-mapping:"},
			Actions: map[string]string{
				"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction",
			},
		},
	} {
		inst.mounts.Guard(id, g)
	}
}

// severalTables are the tables of a call about several.
func severalTables(in any) (list []server.Part) {
	for _, t := range dynamodb.Touched(in) {
		list = append(list, server.Part{Operation: t.Operation, Member: "TableName", Name: t.Table})
	}
	return list
}
