"""Writes more than a resharding stream's shards allow, with boto3's default retries, and prints what was taken.

A line per record: "ok KEY NUMBER SEQUENCE". One thread a key, each sends its next record when the one before was
taken, so the records of a key are in order. The last quarter waits until standard input ends. The last line says how
many calls the SDK gave up after its retries.
"""

import os
import sys
import threading

import boto3

STREAM = os.environ["SLUICE_STREAM"]
KEYS = int(os.environ["SLUICE_KEYS"])
RECORDS = int(os.environ["SLUICE_RECORDS"])  # of each key
SIZE = 64 << 10  # a shard takes 16 of these a second


def main():
    client = boto3.client("kinesis")
    busy = client.exceptions.ProvisionedThroughputExceededException
    lock = threading.Lock()
    gave_up = 0
    go_on = threading.Event()

    def listen():
        sys.stdin.buffer.read()
        go_on.set()

    def write(key):
        nonlocal gave_up
        for number in range(RECORDS):
            if number == RECORDS * 3 // 4:
                go_on.wait()
            data = f"{key} {number} ".ljust(SIZE, "x")
            while True:
                try:
                    entry = client.put_record(StreamName=STREAM, PartitionKey=key, Data=data)
                    break
                except busy:
                    with lock:
                        gave_up += 1
            with lock:
                print("ok", key, number, entry["SequenceNumber"], flush=True)

    threading.Thread(target=listen, daemon=True).start()
    threads = [threading.Thread(target=write, args=(f"key-{n}",)) for n in range(KEYS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("gave-up", gave_up)


if __name__ == "__main__":
    main()
