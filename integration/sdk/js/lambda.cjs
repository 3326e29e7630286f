// The same story as lambda_client.py with the SDK for JavaScript. SLUICE_CODE is the deployment package, as base64.
const { KinesisClient, CreateStreamCommand, DescribeStreamSummaryCommand, PutRecordsCommand, waitUntilStreamExists, ListShardsCommand,
  GetShardIteratorCommand, GetRecordsCommand } = require("@aws-sdk/client-kinesis");
const { LambdaClient, CreateFunctionCommand, InvokeCommand, CreateEventSourceMappingCommand, GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand, ListEventSourceMappingsCommand, DeleteEventSourceMappingCommand, DeleteFunctionCommand,
  waitUntilFunctionActiveV2 } = require("@aws-sdk/client-lambda");

const stream = process.env.SLUICE_STREAM, out = stream + "-out", count = 40;
const kinesis = new KinesisClient({}), lambda = new LambdaClient({});

const until = async (what, poll) => {
  for (const end = Date.now() + 300000; Date.now() < end; await new Promise((f) => setTimeout(f, 50))) {
    const got = await poll();
    if (got !== undefined) return got;
  }
  throw new Error("not in time: " + what);
};

const state = (UUID, want) => until(want, async () => {
  const got = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
  return got.State === want ? got : undefined;
});

const main = async () => {
  for (const StreamName of [stream, out]) {
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await waitUntilStreamExists({ client: kinesis, maxWaitTime: 300 }, { StreamName });
  }
  const made = await lambda.send(new CreateFunctionCommand({ FunctionName: stream, Runtime: "provided.al2023", Handler: "bootstrap",
    Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: Buffer.from(process.env.SLUICE_CODE, "base64") }, Timeout: 30,
    Environment: { Variables: { OUT: out } } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300 }, { FunctionName: stream });
  const direct = await lambda.send(new InvokeCommand({ FunctionName: stream, Payload: "{}", LogType: "Tail" }));
  const arn = (await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }))).StreamDescriptionSummary.StreamARN;
  const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ EventSourceArn: arn, FunctionName: stream,
    StartingPosition: "TRIM_HORIZON", BatchSize: 10 }));
  await state(UUID, "Enabled");
  const records = [...Array(count).keys()].map((n) => ({ PartitionKey: "k", Data: Buffer.from(String(n)) }));
  await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records: records }));
  const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: out }));
  let iterator = (await kinesis.send(new GetShardIteratorCommand({ StreamName: out, ShardId: Shards[0].ShardId,
    ShardIteratorType: "TRIM_HORIZON" }))).ShardIterator;
  const found = [];
  await until("the records", async () => {
    const page = await kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
    iterator = page.NextShardIterator;
    found.push(...page.Records.map((r) => Number(Buffer.from(r.Data))));
    return found.length >= count ? found : undefined;
  });
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  const disabled = (await state(UUID, "Disabled")).State;
  const listed = (await lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: arn }))).EventSourceMappings.map((m) => m.UUID === UUID);
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  const gone = await until("gone", () => lambda.send(new GetEventSourceMappingCommand({ UUID })).then(() => undefined, (e) => e));
  await lambda.send(new DeleteFunctionCommand({ FunctionName: stream }));
  console.log(JSON.stringify({ function: made.FunctionArn, direct: JSON.parse(Buffer.from(direct.Payload)), log: Buffer.from(direct.LogResult, "base64").toString(),
    status: direct.StatusCode, records: found, disabled, listed, gone: `${gone.name}: ${gone.message}` }));
};

main().catch((e) => { console.error(e); process.exit(1); });
