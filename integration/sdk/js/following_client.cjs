"use strict";

// Follows the lineage of a stream that is resharded and overloaded, with the JavaScript SDK's default retries, faster
// than GetRecords allows. Prints what it read: a line of JSON with each record's key and number by shard and sequence
// number.

const { KinesisClient, ListShardsCommand } = require("@aws-sdk/client-kinesis");
const { version } = require("@aws-sdk/client-kinesis/package.json");
const { Lineage } = require("./lineage.cjs");
const { check } = require("./payload.cjs");

const stream = process.env.SLUICE_STREAM;
const records = Number(process.env.SLUICE_RECORDS) * Number(process.env.SLUICE_KEYS);

const sdk = new KinesisClient({});
let gaveUp = 0;

/** A call that the SDK gives up after its retries because of the rate is made again; any other error ends the run. */
const patient = {
  async send(command) {
    for (;;) {
      try {
        return await sdk.send(command);
      } catch (error) {
        if (error.name !== "ProvisionedThroughputExceededException") throw error;
        gaveUp++;
      }
    }
  },
};

/** Reads the payloads of overloading_client.py, each key's in order and without a gap. */
class Overloaded extends Lineage {
  read = {};

  take(record) {
    const [key, number] = Buffer.from(record.Data).toString().split(" ", 2);
    check(key === record.PartitionKey, `${key} came with key ${record.PartitionKey}`);
    check(Number(number) === (this.lastOfKey.get(key) ?? -1) + 1, `record ${number} of ${key} came twice or out of order`);
    this.lastOfKey.set(key, Number(number));
    this.seen.add(`${key} ${number}`);
    this.read[record.SequenceNumber] = `${key} ${number}`;
  }
}

async function main() {
  const reader = new Overloaded(patient, stream, "", 0);
  const { Shards } = await sdk.send(new ListShardsCommand({ StreamName: stream, ShardFilter: { Type: "AT_TRIM_HORIZON" } }));
  await reader.run(Shards.map((shard) => shard.ShardId), records);
  const { read, finished, active } = reader;
  console.log(JSON.stringify({ version, read, finished: [...finished], active: [...active.keys()], gaveUp }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
