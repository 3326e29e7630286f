"""Writes and reads faster than a shard allows, with boto3's default retries. Prints what was acknowledged and read."""

import json
import os
import sys
import threading
import time

import boto3

STREAM = os.environ["SLUICE_STREAM"]
SMALL, BATCH = 3000, 500  # a shard takes 1000 records a second
LARGE, SIZE, THREADS = 24, 100 << 10, 3  # and ten of these


def main():
    client = boto3.client("kinesis")
    busy = client.exceptions.ProvisionedThroughputExceededException
    acknowledged, partial, gave_up = {}, 0, 0
    lock = threading.Lock()

    # PutRecords answers 200 with refused records in it: no SDK sends those again, the program does.
    pending = [f"small-{i}" for i in range(SMALL)]
    while pending:
        batch, again = pending[:BATCH], []
        answer = client.put_records(StreamName=STREAM, Records=[{"PartitionKey": p, "Data": p} for p in batch])
        for payload, entry in zip(batch, answer["Records"]):
            if "SequenceNumber" in entry:
                acknowledged[entry["SequenceNumber"]] = payload
            elif entry["ErrorCode"] == "ProvisionedThroughputExceededException":
                again.append(payload)
            else:
                raise AssertionError(entry)
        partial += len(again)
        pending = again + pending[BATCH:]
        if again:
            time.sleep(0.1)

    def put_large(first):
        nonlocal gave_up
        for i in range(first, LARGE, THREADS):
            payload = f"large-{i}-".ljust(SIZE, "x")
            while True:
                try:
                    entry = client.put_record(StreamName=STREAM, PartitionKey="k", Data=payload)
                    break
                except busy:
                    with lock:
                        gave_up += 1
            with lock:
                acknowledged[entry["SequenceNumber"]] = payload.rstrip("x")

    threads = [threading.Thread(target=put_large, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    read = {}
    shard = client.list_shards(StreamName=STREAM)["Shards"][0]["ShardId"]
    at = client.get_shard_iterator(StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while len(read) < len(acknowledged):
        try:
            page = client.get_records(ShardIterator=at, Limit=400)
        except busy:
            gave_up += 1
            continue
        for record in page["Records"]:
            read[record["SequenceNumber"]] = record["Data"].decode().rstrip("x")
        at = page["NextShardIterator"]
    print(json.dumps({"acknowledged": acknowledged, "read": read, "partial": partial, "gaveUp": gave_up}))


if __name__ == "__main__":
    sys.exit(main())
