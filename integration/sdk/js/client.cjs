"use strict";

// Runs the numbered steps of docs/clients.md with the JavaScript SDK in Node, everything but endpoint, region,
// keys and trust at its default: that is HTTP/2 on both transports.

const kinesis = require("@aws-sdk/client-kinesis");
const { version } = require("@aws-sdk/client-kinesis/package.json");
const { Lineage } = require("./lineage.cjs");
const { payload, same, check, pause } = require("./payload.cjs");

const PUT_ONE = 5;
const PUT_MANY = 100;
const TAIL = 3;
const BATCH = 20;
const BATCHES = 8;

const stream = process.env.SLUICE_STREAM;
const client = new kinesis.KinesisClient({});
const call = (operation, input) => client.send(new kinesis[`${operation}Command`](input));

const sent = new Map(); // record number -> answer of the put
const run = {}; // what later steps need from earlier ones

async function create() {
  await call("CreateStream", { StreamName: stream, ShardCount: 2 });
  await kinesis.waitUntilStreamExists({ client, maxWaitTime: 300 }, { StreamName: stream });
  const { StreamDescription } = await call("DescribeStream", { StreamName: stream });
  check(StreamDescription.StreamStatus === "ACTIVE", "the stream is not ACTIVE after the waiter");
  run.arn = StreamDescription.StreamARN;
  return StreamDescription.Shards.length;
}

async function putBatch(from, to, key) {
  const Records = [];
  for (let i = from; i < to; i++) Records.push({ Data: payload(i), PartitionKey: key(i) });
  const answer = await call("PutRecords", { StreamName: stream, Records });
  check(answer.FailedRecordCount === 0, "a record of a batch was refused");
  check(answer.Records.length === Records.length, "the answer has another number of entries");
  answer.Records.forEach((entry, n) => sent.set(from + n, entry));
}

async function put() {
  for (let i = 0; i < PUT_ONE; i++) {
    const input = { StreamName: stream, Data: payload(i), PartitionKey: `key-${i}` };
    sent.set(i, await call("PutRecord", input));
  }
  await putBatch(PUT_ONE, PUT_ONE + PUT_MANY, (i) => `key-${i}`);
  return sent.size;
}

async function iterator(ShardId, ShardIteratorType, more = {}) {
  const input = { StreamName: stream, ShardId, ShardIteratorType, ...more };
  return (await call("GetShardIterator", input)).ShardIterator;
}

/** All records from the iterator to the tip of its shard. */
async function read(ShardIterator) {
  const records = [];
  while (ShardIterator) {
    await pause(220); // a shard allows five reads a second, however slow the machine makes the retries
    const answer = await call("GetRecords", { ShardIterator });
    records.push(...answer.Records);
    if (answer.Records.length === 0 && answer.MillisBehindLatest === 0) break;
    ShardIterator = answer.NextShardIterator;
  }
  return records;
}

async function readTrimHorizon() {
  const got = new Map();
  for (const shardId of ["shardId-000000000000", "shardId-000000000001"]) {
    for (const record of await read(await iterator(shardId, "TRIM_HORIZON"))) {
      got.set(`${shardId} ${record.SequenceNumber}`, record);
    }
  }
  for (const [i, entry] of sent) {
    const record = got.get(`${entry.ShardId} ${entry.SequenceNumber}`);
    check(record && same(record.Data, i), `record ${i} came back with other bytes`);
    check(record.PartitionKey === `key-${i}`, `record ${i} came back with another key`);
  }
  return got.size;
}

/** Reads and checks that exactly the records from number `first` to the last one come. */
async function tail(ShardIterator, first) {
  const records = await read(ShardIterator);
  check(records.length === PUT_ONE + PUT_MANY + TAIL - first, `${records.length} records`);
  check(records.every((r, n) => same(r.Data, first + n)), "other records came");
  return records;
}

async function readLatest() {
  await pause(1100); // as in every program: the tail stands apart by more than a whole second
  run.firstTail = PUT_ONE + PUT_MANY;
  run.home = sent.get(0).ShardId;
  const from = await iterator(run.home, "LATEST");
  for (let i = run.firstTail; i < run.firstTail + TAIL; i++) {
    sent.set(i, await call("PutRecord", { StreamName: stream, Data: payload(i), PartitionKey: "key-0" }));
  }
  run.tail = await tail(from, run.firstTail);
  return run.tail.length;
}

async function readNumber(type, wanted) {
  const StartingSequenceNumber = sent.get(run.firstTail).SequenceNumber;
  const from = await iterator(run.home, type, { StartingSequenceNumber });
  return (await tail(from, run.firstTail + TAIL - wanted)).length;
}

async function readTimestamp() {
  const Timestamp = run.tail[0].ApproximateArrivalTimestamp;
  return (await tail(await iterator(run.home, "AT_TIMESTAMP", { Timestamp }), run.firstTail)).length;
}

async function waitActive() {
  const deadline = Date.now() + 300_000;
  while (Date.now() < deadline) {
    const { StreamDescriptionSummary } = await call("DescribeStreamSummary", { StreamName: stream });
    if (StreamDescriptionSummary.StreamStatus === "ACTIVE") return StreamDescriptionSummary;
    await pause(20);
  }
  throw new Error("the stream does not become ACTIVE");
}

async function writeWhileResharding() {
  let batch = 0;
  const write = async () => {
    await putBatch(batch * BATCH, (batch + 1) * BATCH, (i) => `reshard-${i % 8}`);
    batch++;
  };
  const changes = [
    ["SplitShard", { ShardToSplit: "shardId-000000000000", NewStartingHashKey: String(1n << 126n) }],
    ["MergeShards", { ShardToMerge: "shardId-000000000002", AdjacentShardToMerge: "shardId-000000000003" }],
    ["UpdateShardCount", { TargetShardCount: 4, ScalingType: "UNIFORM_SCALING" }],
  ];
  for (const [operation, input] of changes) {
    await write();
    await call(operation, { StreamName: stream, ...input });
    await write(); // while the stream is UPDATING
    await waitActive();
  }
  await write();
  await write();
}

async function reshard() {
  const reader = new Lineage(client, stream, "reshard-", 220);
  const first = ["shardId-000000000000", "shardId-000000000001"];
  await Promise.all([reader.run(first, BATCH * BATCHES), writeWhileResharding()]);
  check(reader.finished.size === 5 && reader.active.size === 4, "the reader did not follow the lineage");
  const { Shards } = await call("ListShards", { StreamName: stream });
  const open = Shards.filter((s) => !s.SequenceNumberRange.EndingSequenceNumber);
  check(Shards.length === 9 && open.length === 4, `${Shards.length} shards, ${open.length} open`);
  run.openShard = open[0];
  return reader.seen.size;
}

async function consumer() {
  const registered = await call("RegisterStreamConsumer", { StreamARN: run.arn, ConsumerName: "fan" });
  run.consumerARN = registered.Consumer.ConsumerARN;
  const deadline = Date.now() + 300_000;
  for (;;) {
    const described = await call("DescribeStreamConsumer", { ConsumerARN: run.consumerARN });
    if (described.ConsumerDescription.ConsumerStatus === "ACTIVE") break;
    check(Date.now() < deadline, "the consumer does not become ACTIVE");
    await pause(20);
  }
  return (await call("ListStreamConsumers", { StreamARN: run.arn })).Consumers.length;
}

async function subscribe() {
  const { EventStream } = await call("SubscribeToShard", {
    ConsumerARN: run.consumerARN,
    ShardId: run.openShard.ShardId,
    StartingPosition: { Type: "LATEST" },
  });
  const putting = (async () => {
    for (let i = 0; i < 10; i++) {
      await call("PutRecord", {
        StreamName: stream,
        Data: payload(i),
        PartitionKey: "fan",
        ExplicitHashKey: run.openShard.HashKeyRange.StartingHashKey,
      });
    }
  })();
  const got = [];
  for await (const { SubscribeToShardEvent: event } of EventStream) {
    check(event.ContinuationSequenceNumber, "an event without continuation");
    got.push(...event.Records);
    if (got.length >= 10) break;
  }
  await putting;
  check(got.every((r, i) => same(r.Data, i)), "the events have other records");
  return got.length;
}

async function tags() {
  if (run.consumerARN) await call("DeregisterStreamConsumer", { ConsumerARN: run.consumerARN });
  const Tags = { team: "blue", größe: "10 km/h" };
  await call("AddTagsToStream", { StreamName: stream, Tags });
  const list = async () => (await call("ListTagsForStream", { StreamName: stream })).Tags;
  const found = await list();
  check(found.length === 2 && found.every((t) => Tags[t.Key] === t.Value), "the stream has other tags");
  await call("TagResource", { ResourceARN: run.arn, Tags: { third: "" } });
  const all = await call("ListTagsForResource", { ResourceARN: run.arn });
  await call("UntagResource", { ResourceARN: run.arn, TagKeys: ["third"] });
  await call("RemoveTagsFromStream", { StreamName: stream, TagKeys: Object.keys(Tags) });
  check((await list()).length === 0, "tags are left");
  return all.Tags.length;
}

async function policy() {
  const statement = {
    Sid: "read",
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::111122223333:root" },
    Action: ["kinesis:GetRecords"],
    Resource: run.arn,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await call("PutResourcePolicy", { ResourceARN: run.arn, Policy });
  const got = await call("GetResourcePolicy", { ResourceARN: run.arn });
  check(JSON.stringify(JSON.parse(got.Policy)) === Policy, "the policy came back changed");
  await call("DeleteResourcePolicy", { ResourceARN: run.arn });
  check((await call("GetResourcePolicy", { ResourceARN: run.arn })).Policy === "{}", "a policy is left");
  return 1;
}

async function encryption() {
  const key = { StreamName: stream, EncryptionType: "KMS", KeyId: "alias/aws/kinesis" };
  await call("StartStreamEncryption", key);
  check((await waitActive()).EncryptionType === "KMS", "the stream is not encrypted");
  const answer = await call("PutRecord", { StreamName: stream, Data: payload(9), PartitionKey: "key-0" });
  check(answer.EncryptionType === "KMS", "the put does not tell of encryption");
  const StartingSequenceNumber = answer.SequenceNumber;
  const records = await read(await iterator(answer.ShardId, "AT_SEQUENCE_NUMBER", { StartingSequenceNumber }));
  check(records[0].EncryptionType === "KMS", "the record does not tell of encryption");
  check(same(records[0].Data, 9), "the record came back with other bytes");
  await call("StopStreamEncryption", key);
  check((await waitActive()).EncryptionType === "NONE", "the stream is still encrypted");
  return records.length;
}

async function expectError(name, text, operation, input) {
  const error = await call(operation, input).then(() => null, (e) => e);
  check(error instanceof kinesis[name], `${error} instead of ${name}`);
  check(error.name === name && error.message === text, `other text: ${error.message}`);
  return 1;
}

async function errors() {
  const owner = "under account 000000000000";
  const cases = [
    ["ResourceNotFoundException", `Stream ${stream}-missing ${owner} not found.`,
      "DescribeStreamSummary", { StreamName: `${stream}-missing` }],
    ["ResourceInUseException", `Stream ${stream} ${owner} already exists.`,
      "CreateStream", { StreamName: stream, ShardCount: 1 }],
    ["InvalidArgumentException", "Invalid ShardIterator.", "GetRecords", { ShardIterator: "abc" }],
    ["ValidationException",
      "1 validation error detected: Value 'abc' at 'newStartingHashKey' failed to satisfy constraint: " +
        "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
      "SplitShard", { StreamName: stream, ShardToSplit: "shardId-000000000005", NewStartingHashKey: "abc" }],
    ["LimitExceededException",
      "UpdateShardCount cannot scale up over double your current open shard count. " +
        "Current open shard count: 4 Target shard count: 100",
      "UpdateShardCount", { StreamName: stream, TargetShardCount: 100, ScalingType: "UNIFORM_SCALING" }],
  ];
  let count = 0;
  for (const one of cases) count += await expectError(...one);
  return count;
}

async function remove() {
  await call("DeleteStream", { StreamName: stream, EnforceConsumerDeletion: true });
  await kinesis.waitUntilStreamNotExists({ client, maxWaitTime: 300 }, { StreamName: stream });
  return 1;
}

const steps = [
  ["1", create],
  ["2", put],
  ["3.1", readTrimHorizon],
  ["3.2", readLatest],
  ["3.3", () => readNumber("AT_SEQUENCE_NUMBER", TAIL)],
  ["3.4", () => readNumber("AFTER_SEQUENCE_NUMBER", TAIL - 1)],
  ["3.5", readTimestamp],
  ["4", reshard],
  ["5.1", consumer],
  ["5.2", subscribe],
  ["6.1", tags],
  ["6.2", policy],
  ["6.3", encryption],
  ["7", errors],
  ["8", remove],
];

async function main() {
  for (const [step, action] of steps) {
    const row = { client: "js", version, transport: process.env.SLUICE_TRANSPORT, step, result: "ok", count: 0 };
    try {
      row.count = await action();
    } catch (error) {
      row.result = `failed: ${error}`;
      process.exitCode = 1;
    }
    console.log(JSON.stringify(row));
  }
  client.destroy();
}

main();
