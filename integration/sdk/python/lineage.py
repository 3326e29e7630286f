"""Follows a stream's shards from parents to children and checks that every record comes once, in order."""

import time

from payload import payload, index_of


class Lineage:
    """Reads a stream from its first shards on and starts a child only when all its parents are read to their end."""

    def __init__(self, client, stream, prefix, pause):
        self.client = client
        self.stream = stream
        self.prefix = prefix
        self.pause = pause  # seconds to rest after a round that found nothing
        self.active = {}  # shard id -> next iterator
        self.finished = set()
        self.waiting = {}  # child shard id -> its parents
        self.seen = set()
        self.last_of_key = {}
        self.error = None

    def start(self, shard_id):
        answer = self.client.get_shard_iterator(
            StreamName=self.stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )
        self.active[shard_id] = answer["ShardIterator"]

    def take(self, record):
        key = record["PartitionKey"]
        if not key.startswith(self.prefix):
            return
        index = index_of(record["Data"])
        assert record["Data"] == payload(index), f"record {index} came back with other bytes"
        assert index not in self.seen, f"record {index} came twice"
        assert index > self.last_of_key.get(key, -1), f"record {index} of {key} came out of order"
        self.seen.add(index)
        self.last_of_key[key] = index

    def finish(self, shard_id, children):
        assert children, f"{shard_id} ended without children"
        del self.active[shard_id]
        self.finished.add(shard_id)
        for child in children:
            self.waiting[child["ShardId"]] = set(child["ParentShards"])
        ready = [c for c, parents in self.waiting.items() if parents <= self.finished]
        for child in ready:
            del self.waiting[child]
            if child not in self.finished and child not in self.active:
                self.start(child)

    def round(self):
        """Asks every active shard once; returns whether all of them were at their tip with nothing new."""
        quiet = True
        for shard_id, iterator in list(self.active.items()):
            answer = self.client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                self.take(record)
            following = answer.get("NextShardIterator")
            if following:
                self.active[shard_id] = following
                quiet = quiet and not answer["Records"] and answer["MillisBehindLatest"] == 0
            else:
                self.finish(shard_id, answer.get("ChildShards"))
                quiet = False
        return quiet

    def run(self, first, wanted, deadline):
        """Reads until `wanted` records were seen and one more round finds nothing."""
        try:
            for shard_id in first:
                self.start(shard_id)
            while time.monotonic() < deadline:
                quiet = self.round()
                if quiet and len(self.seen) >= wanted:
                    return
                if quiet:
                    time.sleep(self.pause)
            raise AssertionError(f"{len(self.seen)} of {wanted} records in time")
        except Exception as error:  # handed to the thread that waits for this one
            self.error = error
