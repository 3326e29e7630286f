"""The numbered steps of docs/clients.md, for any client object with boto3's method names."""

import json
import os
import threading
import time

from lineage import Lineage
from payload import payload

PUT_ONE, PUT_MANY, TAIL = 5, 100, 3
BATCH, BATCHES = 20, 8


class Unsupported(Exception):
    """This version of the client does not know the operation."""


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Steps:
    """One run of all steps against one stream. `client` answers calls, `error_is` tells typed errors apart."""

    def __init__(self, client, name, version, error_is, reader_pause=0.05):
        self.client = client
        self.name = name
        self.version = version
        self.error_is = error_is
        self.reader_pause = reader_pause
        self.stream = os.environ["SLUICE_STREAM"]
        self.transport = os.environ["SLUICE_TRANSPORT"]
        self.sent = {}  # record number -> answer of the put
        self.failed = False

    def row(self, step, result, count):
        print(
            json.dumps(
                {
                    "client": self.name,
                    "version": self.version,
                    "transport": self.transport,
                    "step": step,
                    "result": result,
                    "count": count,
                }
            ),
            flush=True,
        )

    def run(self, skips):
        table = [
            ("1", self.create),
            ("2", self.put),
            ("3.1", self.read_trim_horizon),
            ("3.2", self.read_latest),
            ("3.3", lambda: self.read_number("AT_SEQUENCE_NUMBER", TAIL)),
            ("3.4", lambda: self.read_number("AFTER_SEQUENCE_NUMBER", TAIL - 1)),
            ("3.5", self.read_timestamp),
            ("4", self.reshard),
            ("5.1", self.consumer),
            ("5.2", self.subscribe),
            ("6.1", self.tags),
            ("6.2", self.policy),
            ("6.3", self.encryption),
            ("7", self.errors),
            ("8", self.delete),
        ]
        for step, action in table:
            if step in skips:
                self.row(step, "skipped: " + skips[step], 0)
                continue
            try:
                self.row(step, "ok", action())
            except Unsupported as error:
                self.row(step, f"skipped: this version has no {error}", 0)
            except Exception as error:  # one row per step, whatever went wrong
                self.failed = True
                self.row(step, f"failed: {type(error).__name__}: {error}", 0)
        return 1 if self.failed else 0

    # 1

    def create(self):
        self.client.create_stream(StreamName=self.stream, ShardCount=2)
        self.client.get_waiter("stream_exists").wait(StreamName=self.stream)
        described = self.client.describe_stream(StreamName=self.stream)["StreamDescription"]
        check(described["StreamStatus"] == "ACTIVE", "the stream is not ACTIVE after the waiter")
        self.arn = described["StreamARN"]
        return len(described["Shards"])

    # 2

    def put_batch(self, numbers, key):
        records = [{"Data": payload(i), "PartitionKey": key(i)} for i in numbers]
        answer = self.client.put_records(StreamName=self.stream, Records=records)
        check(answer["FailedRecordCount"] == 0, "a record of a batch was refused")
        check(len(answer["Records"]) == len(records), "the answer has another number of entries")
        for i, entry in zip(numbers, answer["Records"]):
            self.sent[i] = entry

    def put(self):
        for i in range(PUT_ONE):
            self.sent[i] = self.client.put_record(
                StreamName=self.stream, Data=payload(i), PartitionKey=f"key-{i}"
            )
        self.put_batch(range(PUT_ONE, PUT_ONE + PUT_MANY), lambda i: f"key-{i}")
        return len(self.sent)

    # 3

    def iterator(self, shard_id, kind, **more):
        answer = self.client.get_shard_iterator(
            StreamName=self.stream, ShardId=shard_id, ShardIteratorType=kind, **more
        )
        return answer["ShardIterator"]

    def read(self, iterator):
        """All records from the iterator to the tip of its shard."""
        records = []
        while True:
            answer = self.client.get_records(ShardIterator=iterator)
            records += answer["Records"]
            iterator = answer.get("NextShardIterator")
            if not iterator or (not answer["Records"] and answer["MillisBehindLatest"] == 0):
                return records

    def read_trim_horizon(self):
        got = {}
        for shard_id in ("shardId-000000000000", "shardId-000000000001"):
            for record in self.read(self.iterator(shard_id, "TRIM_HORIZON")):
                got[shard_id, record["SequenceNumber"]] = record
        for i, entry in self.sent.items():
            record = got[entry["ShardId"], entry["SequenceNumber"]]
            check(record["Data"] == payload(i), f"record {i} came back with other bytes")
            check(record["PartitionKey"] == f"key-{i}", f"record {i} came back with another key")
        return len(got)

    def tail(self, iterator, first):
        """Reads and checks that exactly the records from number `first` to the last one come."""
        records = self.read(iterator)
        wanted = [payload(i) for i in range(first, PUT_ONE + PUT_MANY + TAIL)]
        check([r["Data"] for r in records] == wanted, f"{len(records)} records instead of {len(wanted)}")
        return records

    def read_latest(self):
        time.sleep(1.1)  # some clients send times in whole seconds: set the tail apart from what is before it
        self.first_tail = PUT_ONE + PUT_MANY
        self.home = self.sent[0]["ShardId"]
        iterator = self.iterator(self.home, "LATEST")
        for i in range(self.first_tail, self.first_tail + TAIL):
            self.sent[i] = self.client.put_record(
                StreamName=self.stream, Data=payload(i), PartitionKey="key-0"
            )
        self.tail_records = self.tail(iterator, self.first_tail)
        return len(self.tail_records)

    def read_number(self, kind, wanted):
        number = self.sent[self.first_tail]["SequenceNumber"]
        iterator = self.iterator(self.home, kind, StartingSequenceNumber=number)
        return len(self.tail(iterator, self.first_tail + TAIL - wanted))

    def read_timestamp(self):
        arrival = self.tail_records[0]["ApproximateArrivalTimestamp"]
        iterator = self.iterator(self.home, "AT_TIMESTAMP", Timestamp=arrival)
        return len(self.tail(iterator, self.first_tail))

    # 4

    def wait_active(self):
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            answer = self.client.describe_stream_summary(StreamName=self.stream)
            if answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
                return answer["StreamDescriptionSummary"]
            time.sleep(0.02)
        raise AssertionError("the stream does not become ACTIVE")

    def reshard(self):
        first = ["shardId-000000000000", "shardId-000000000001"]
        total = BATCH * BATCHES
        reader = Lineage(self.client, self.stream, "reshard-", self.reader_pause)
        thread = threading.Thread(target=reader.run, args=(first, total, time.monotonic() + 840))
        thread.start()
        self.write_while_resharding()
        thread.join()
        if reader.error:
            raise reader.error
        check(len(reader.finished) == 5 and len(reader.active) == 4, "the reader did not follow the lineage")
        shards = self.client.list_shards(StreamName=self.stream)["Shards"]
        still_open = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
        check(len(shards) == 9 and len(still_open) == 4, f"{len(shards)} shards, {len(still_open)} open")
        self.open_shard = still_open[0]
        return len(reader.seen)

    def write_while_resharding(self):
        batches = iter(range(BATCHES))

        def write():
            start = next(batches) * BATCH
            self.put_batch(range(start, start + BATCH), lambda i: f"reshard-{i % 8}")

        changes = [
            lambda: self.client.split_shard(
                StreamName=self.stream,
                ShardToSplit="shardId-000000000000",
                NewStartingHashKey=str(1 << 126),
            ),
            lambda: self.client.merge_shards(
                StreamName=self.stream,
                ShardToMerge="shardId-000000000002",
                AdjacentShardToMerge="shardId-000000000003",
            ),
            lambda: self.client.update_shard_count(
                StreamName=self.stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
            ),
        ]
        for change in changes:
            write()
            change()
            write()  # while the stream is UPDATING
            self.wait_active()
        write()
        write()

    # 5

    def consumer(self):
        self.consumer_arn = self.client.register_stream_consumer(
            StreamARN=self.arn, ConsumerName="fan"
        )["Consumer"]["ConsumerARN"]
        deadline = time.monotonic() + 300
        status = ""
        while status != "ACTIVE" and time.monotonic() < deadline:
            answer = self.client.describe_stream_consumer(ConsumerARN=self.consumer_arn)
            status = answer["ConsumerDescription"]["ConsumerStatus"]
            time.sleep(0.02)
        check(status == "ACTIVE", "the consumer does not become ACTIVE")
        return len(self.client.list_stream_consumers(StreamARN=self.arn)["Consumers"])

    def subscribe(self):
        answer = self.client.subscribe_to_shard(
            ConsumerARN=self.consumer_arn,
            ShardId=self.open_shard["ShardId"],
            StartingPosition={"Type": "LATEST"},
        )
        for i in range(10):
            self.client.put_record(
                StreamName=self.stream,
                Data=payload(i),
                PartitionKey="fan",
                ExplicitHashKey=self.open_shard["HashKeyRange"]["StartingHashKey"],
            )
        got = []
        for event in answer["EventStream"]:
            event = event["SubscribeToShardEvent"]
            check(event["ContinuationSequenceNumber"], "an event without continuation")
            got += [r["Data"] for r in event["Records"]]
            if len(got) >= 10:
                break
        answer["EventStream"].close()
        check(got == [payload(i) for i in range(10)], "the events have other records")
        return len(got)

    # 6

    def tags(self):
        if hasattr(self, "consumer_arn"):
            self.client.deregister_stream_consumer(ConsumerARN=self.consumer_arn)
        tags = {"team": "blue", "größe": "10 km/h"}
        self.client.add_tags_to_stream(StreamName=self.stream, Tags=tags)
        listed = self.client.list_tags_for_stream(StreamName=self.stream)["Tags"]
        check({t["Key"]: t["Value"] for t in listed} == tags, "the stream has other tags")
        self.client.tag_resource(ResourceARN=self.arn, Tags={"third": ""})
        listed = self.client.list_tags_for_resource(ResourceARN=self.arn)["Tags"]
        self.client.untag_resource(ResourceARN=self.arn, TagKeys=["third"])
        self.client.remove_tags_from_stream(StreamName=self.stream, TagKeys=list(tags))
        left = self.client.list_tags_for_stream(StreamName=self.stream)["Tags"]
        check(left == [], "tags are left")
        return len(listed)

    def policy(self):
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "read",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                    "Action": ["kinesis:GetRecords"],
                    "Resource": self.arn,
                }
            ],
        }
        self.client.put_resource_policy(ResourceARN=self.arn, Policy=json.dumps(policy))
        got = self.client.get_resource_policy(ResourceARN=self.arn)["Policy"]
        check(json.loads(got) == policy, "the policy came back changed")
        self.client.delete_resource_policy(ResourceARN=self.arn)
        check(self.client.get_resource_policy(ResourceARN=self.arn)["Policy"] == "{}", "a policy is left")
        return 1

    def encryption(self):
        key = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
        self.client.start_stream_encryption(StreamName=self.stream, **key)
        check(self.wait_active()["EncryptionType"] == "KMS", "the stream is not encrypted")
        put = self.client.put_record(StreamName=self.stream, Data=payload(9), PartitionKey="key-0")
        check(put.get("EncryptionType") == "KMS", "the put does not tell of encryption")
        iterator = self.iterator(
            put["ShardId"], "AT_SEQUENCE_NUMBER", StartingSequenceNumber=put["SequenceNumber"]
        )
        records = self.read(iterator)
        check(records[0]["EncryptionType"] == "KMS", "the record does not tell of encryption")
        check(records[0]["Data"] == payload(9), "the record came back with other bytes")
        self.client.stop_stream_encryption(StreamName=self.stream, **key)
        check(self.wait_active()["EncryptionType"] == "NONE", "the stream is still encrypted")
        return len(records)

    # 7

    def expect(self, name, text, call, **arguments):
        try:
            call(**arguments)
        except Exception as error:
            check(self.error_is(error, name), f"{type(error).__name__} {error} instead of {name}")
            check(text in str(error), f"other text: {error}")
            return 1
        raise AssertionError(f"no {name}")

    def errors(self):
        s, c = self.stream, self.client
        owner = "under account 000000000000"
        return (
            self.expect(
                "ResourceNotFoundException",
                f"Stream {s}-missing {owner} not found.",
                c.describe_stream_summary,
                StreamName=s + "-missing",
            )
            + self.expect(
                "ResourceInUseException",
                f"Stream {s} {owner} already exists.",
                c.create_stream,
                StreamName=s,
                ShardCount=1,
            )
            + self.expect(
                "InvalidArgumentException",
                "Invalid ShardIterator.",
                c.get_records,
                ShardIterator="abc",
            )
            + self.expect(
                "ValidationException",
                "1 validation error detected: Value 'abc' at 'newStartingHashKey' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})",
                c.split_shard,
                StreamName=s,
                ShardToSplit="shardId-000000000005",
                NewStartingHashKey="abc",
            )
            + self.expect(
                "LimitExceededException",
                "UpdateShardCount cannot scale up over double your current open shard count. "
                "Current open shard count: 4 Target shard count: 100",
                c.update_shard_count,
                StreamName=s,
                TargetShardCount=100,
                ScalingType="UNIFORM_SCALING",
            )
        )

    # 8

    def delete(self):
        self.client.delete_stream(StreamName=self.stream, EnforceConsumerDeletion=True)
        self.client.get_waiter("stream_not_exists").wait(StreamName=self.stream)
        return 1
