"use strict";

const { GetRecordsCommand, GetShardIteratorCommand } = require("@aws-sdk/client-kinesis");
const { check, pause, same } = require("./payload.cjs");

/** Reads a stream from its first shards on and starts a child only when all its parents are read to their end. */
class Lineage {
  /** `rest` are the milliseconds between two rounds. A shard allows five reads a second. */
  constructor(client, stream, prefix, rest) {
    Object.assign(this, { client, stream, prefix, rest });
    this.active = new Map(); // shard id -> next iterator
    this.finished = new Set();
    this.waiting = new Map(); // child shard id -> its parents
    this.seen = new Set();
    this.lastOfKey = new Map();
  }

  async start(shardId) {
    const answer = await this.client.send(
      new GetShardIteratorCommand({
        StreamName: this.stream,
        ShardId: shardId,
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    this.active.set(shardId, answer.ShardIterator);
  }

  take(record) {
    const key = record.PartitionKey;
    if (!key.startsWith(this.prefix)) return;
    const index = Buffer.from(record.Data).readUInt32BE(0);
    check(same(record.Data, index), `record ${index} came back with other bytes`);
    check(!this.seen.has(index), `record ${index} came twice`);
    check(index > (this.lastOfKey.get(key) ?? -1), `record ${index} of ${key} came out of order`);
    this.seen.add(index);
    this.lastOfKey.set(key, index);
  }

  async finish(shardId, children) {
    check(children?.length, `${shardId} ended without children`);
    this.active.delete(shardId);
    this.finished.add(shardId);
    for (const child of children) this.waiting.set(child.ShardId, child.ParentShards);
    for (const [child, parents] of [...this.waiting]) {
      if (!parents.every((p) => this.finished.has(p))) continue;
      this.waiting.delete(child);
      if (!this.finished.has(child) && !this.active.has(child)) await this.start(child);
    }
  }

  /** Asks every active shard once; tells whether all of them were at their tip with nothing new. */
  async round() {
    let quiet = true;
    for (const [shardId, iterator] of [...this.active]) {
      const answer = await this.client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      answer.Records.forEach((record) => this.take(record));
      if (answer.NextShardIterator) {
        this.active.set(shardId, answer.NextShardIterator);
        quiet &&= answer.Records.length === 0 && answer.MillisBehindLatest === 0;
      } else {
        await this.finish(shardId, answer.ChildShards);
        quiet = false;
      }
    }
    return quiet;
  }

  /** Reads until `wanted` records were seen and one more round finds nothing. */
  async run(first, wanted) {
    for (const shardId of first) await this.start(shardId);
    const deadline = Date.now() + 300_000;
    while (Date.now() < deadline) {
      const quiet = await this.round();
      if (quiet && this.seen.size >= wanted) return;
      await pause(this.rest);
    }
    throw new Error(`${this.seen.size} of ${wanted} records in time`);
  }
}

module.exports = { Lineage };
