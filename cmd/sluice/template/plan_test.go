package template

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const shop = `
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
  Shards: {Type: Number, Default: "2"}
  Secret: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Mappings:
  Sizes: {dev: {batch: 10}, prod: {batch: 500}}
Globals:
  Function: {Runtime: python3.12, Timeout: 7, Environment: {Variables: {A: global, B: global}}}
Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    Properties:
      Name: !Sub '${Stage}-orders'
      ShardCount: !Ref Shards
      RetentionPeriodHours: 48
      StreamEncryption: {EncryptionType: KMS, KeyId: x}
      Tags: [{Key: team, Value: billing}]
  Events:
    Type: AWS::Kinesis::Stream
    Properties: {StreamModeDetails: {StreamMode: ON_DEMAND}}
  Reader:
    Type: AWS::Kinesis::StreamConsumer
    Properties: {ConsumerName: reader, StreamARN: !GetAtt Orders.Arn}
  Ingest:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: ./ingest
      Environment:
        Variables:
          B: !Join ['-', [own, !Ref Stage]]
          C: !Ref Table
          D: !If [IsProd, x, !Ref 'AWS::NoValue']
      Events:
        Stream:
          Type: Kinesis
          Properties:
            Stream: !GetAtt Orders.Arn
            StartingPosition: TRIM_HORIZON
            BatchSize: !FindInMap [Sizes, !Ref Stage, batch]
            BisectBatchOnFunctionError: "true"
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: {OnFailure: {Type: SQS, Destination: "arn:aws:sqs:eu-west-1:000000000000:dead"}}
            FilterCriteria: {Filters: [{Pattern: '{"data":{"a":[1]}}'}]}
        Api: {Type: Api, Properties: {Path: /x}}
  Audit:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: audit
      Runtime: nodejs20.x
      Handler: index.handler
      Code: {ZipFile: "exports.handler = async () => {}"}
  Far:
    Type: AWS::Lambda::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, Code: {S3Bucket: b, S3Key: k}}
  FanOut:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref Audit, EventSourceArn: !GetAtt Reader.ConsumerARN, StartingPosition: LATEST, Enabled: false}
  Queue:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref Audit, EventSourceArn: !GetAtt Dead.Arn}
  Unsaid:
    Type: AWS::Kinesis::Stream
    Properties: {Name: !Ref Secret}
  OnlyProd:
    Type: AWS::Kinesis::Stream
    Condition: IsProd
  Table:
    Type: AWS::DynamoDB::Table
  Dead:
    Type: AWS::SQS::Queue
`

func place() Place { return Place{Region: "eu-west-1", Account: "000000000000", Stack: "shop"} }

func TestPlan(t *testing.T) {
	p, err := Parse([]byte(shop), place())
	require.NoError(t, err)
	require.Equal(t, []Stream{
		{ID: "Events", Name: "shop-Events", Tags: map[string]string{}},
		{ID: "Orders", Name: "dev-orders", Shards: 2, RetentionHours: 48, Tags: map[string]string{"team": "billing"}},
	}, p.Streams)
	require.Equal(t, []Consumer{{ID: "Reader", Name: "reader", StreamARN: "arn:aws:kinesis:eu-west-1:000000000000:stream/dev-orders"}}, p.Consumers)
	require.Equal(t, []Function{
		{ID: "Audit", Name: "audit", Runtime: "nodejs20.x", Handler: "index.handler", Inline: "exports.handler = async () => {}", Environment: map[string]string{}},
		{ID: "Far", Name: "shop-Far", Runtime: "provided.al2023", Handler: "bootstrap", Missing: "its code is in a bucket or an image", Environment: map[string]string{}},
		{ID: "Ingest", Name: "shop-Ingest", Runtime: "python3.12", Handler: "app.handler", TimeoutSeconds: 7, Path: "./ingest",
			Environment: map[string]string{"A": "global", "B": "own-dev"}},
	}, p.Functions)
	require.Equal(t, []Mapping{
		{ID: "FanOut", Input: map[string]any{"FunctionName": "audit", "EventSourceArn": ConsumerRef("Reader"), "StartingPosition": "LATEST", "Enabled": false}},
		{ID: "Ingest.Events.Stream", Input: map[string]any{"FunctionName": "shop-Ingest", "EventSourceArn": "arn:aws:kinesis:eu-west-1:000000000000:stream/dev-orders",
			"StartingPosition": "TRIM_HORIZON", "BatchSize": 10.0, "BisectBatchOnFunctionError": true,
			"FunctionResponseTypes": []any{"ReportBatchItemFailures"},
			"DestinationConfig":     map[string]any{"OnFailure": map[string]any{"Destination": "arn:aws:sqs:eu-west-1:000000000000:dead"}},
			"FilterCriteria":        map[string]any{"Filters": []any{map[string]any{"Pattern": `{"data":{"a":[1]}}`}}}}},
	}, p.Mappings)
	why := map[string]string{}
	for _, s := range p.Skipped {
		why[s.ID] = s.Why
	}
	require.Equal(t, map[string]string{
		"Orders.StreamEncryption": "nothing is encrypted here",
		"Ingest.Environment.C":    "what Table refers to cannot be known from the template",
		"Ingest.Events.Api":       "only events of type Kinesis are made",
		"Queue":                   "Dead.Arn cannot be known from the template",
		"Unsaid":                  "parameter Secret, which has no default, cannot be known from the template",
		"OnlyProd":                "its condition IsProd does not hold",
		"Table":                   "not a stream, a function or what connects them",
		"Dead":                    "not a stream, a function or what connects them",
	}, why)
}

func TestPlanWithParameters(t *testing.T) {
	at := place()
	at.Parameters = map[string]string{"Stage": "prod", "Secret": "known"}
	p, err := Parse([]byte(shop), at)
	require.NoError(t, err)
	require.Len(t, p.Streams, 4)
	require.Equal(t, 500.0, p.Mappings[1].Input["BatchSize"])
	require.Equal(t, "x", p.Functions[2].Environment["D"])
	at.Parameters = map[string]string{"Stge": "prod"}
	_, err = Parse([]byte(shop), at)
	require.EqualError(t, err, "the template has no parameter Stge")
}

func TestBadTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "one document",
		"[]":                     "sections such as Resources",
		"Resources: {}":          "no Resources",
		"a: [":                   "",
		"Resources: {A: &x 1}":   "anchors",
		"a: 1\n---\nb: 2":        "one document",
		strings.Repeat("[", 500): "",
		"Resources: {A: " + strings.Repeat("[", 150) + strings.Repeat("]", 150) + "}": "nests too deep",
	} {
		_, err := Parse([]byte(text), place())
		require.ErrorContains(t, err, want, text)
	}
	circle := "Conditions: {A: !Not [{Condition: B}], B: !Not [{Condition: A}]}\nResources: {S: {Type: 'AWS::Kinesis::Stream', Condition: A}}"
	p, err := Parse([]byte(circle), place())
	require.NoError(t, err)
	require.Equal(t, "its condition A does not hold", p.Skipped[0].Why)
}

func TestFunctionsOfTemplates(t *testing.T) {
	text := `Resources: {S: {Type: 'AWS::Kinesis::Stream', Properties: {Name: VALUE}}}`
	for value, want := range map[string]string{
		`!Sub ['${a}-${!b}', {a: x}]`:                 "x-${b}",
		`!Select [1, !Split [',', 'a,b,c']]`:          "b",
		`{"Fn::Join": ["", ["a", !Ref AWS::Region]]}`: "aeu-west-1",
		`!Sub '${AWS::AccountId}'`:                    "000000000000",
		`!Sub 'x-${AWS::StackName}'`:                  "x-shop",
	} {
		p, err := Parse([]byte(strings.Replace(text, "VALUE", value, 1)), place())
		require.NoError(t, err)
		require.Len(t, p.Streams, 1, "%s: %v", value, p.Skipped)
		require.Equal(t, want, p.Streams[0].Name, value)
	}
	for value, want := range map[string]string{
		`!ImportValue x`: "Fn::ImportValue cannot be known", `!Select [9, [a]]`: "Fn::Select", `!FindInMap [a, b, c]`: "Fn::FindInMap",
		`!Sub '${Other}'`: "what Other refers to", `!If [No, a, b]`: "condition No",
	} {
		p, err := Parse([]byte(strings.Replace(text, "VALUE", value, 1)), place())
		require.NoError(t, err)
		require.Contains(t, p.Skipped[0].Why, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("Resources: {A: {Type: 'AWS::Kinesis::Stream', Properties: {Name: !Sub ['${a}', !Ref A]}}}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = Parse(raw, place())
	})
}
