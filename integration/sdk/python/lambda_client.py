"""Creates a function and an event source mapping, writes, and reads what the function has written. Prints what it saw."""

import base64
import io
import json
import os
import time
import zipfile

import boto3

STREAM = os.environ["SLUICE_STREAM"]
OUT = STREAM + "-out"
ROLE = "arn:aws:iam::000000000000:role/r"
COUNT = 40


def package():
    """A deployment package with the bootstrap, which must be executable."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as z:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with open(os.environ["SLUICE_BOOTSTRAP"]) as f:
            z.writestr(entry, f.read())
    return raw.getvalue()


def until(what, poll):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        got = poll()
        if got is not None:
            return got
        time.sleep(0.05)
    raise AssertionError("not in time: " + what)


def state(client, uuid, want):
    """Waits as Terraform does: for a state, or for the mapping to be gone."""

    def poll():
        try:
            got = client.get_event_source_mapping(UUID=uuid)
        except client.exceptions.ResourceNotFoundException as e:
            return e.response if want == "gone" else None
        return got if got["State"] == want else None

    return until(want, poll)


def read(kinesis, count):
    shard = kinesis.list_shards(StreamName=OUT)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName=OUT, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    found = []

    def poll():
        nonlocal iterator
        page = kinesis.get_records(ShardIterator=iterator)
        iterator = page["NextShardIterator"]
        found.extend(r["Data"].decode() for r in page["Records"])
        return found if len(found) >= count else None

    return until(f"{count} records of the function", poll)


def main():
    kinesis, client = boto3.client("kinesis"), boto3.client("lambda")
    for name in (STREAM, OUT):
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName=name)
    made = client.create_function(
        FunctionName=STREAM, Runtime="provided.al2023", Handler="bootstrap", Role=ROLE, Code={"ZipFile": package()}, Timeout=30,
        Environment={"Variables": {"OUT": OUT}}, Tags={"team": "blue"})
    client.get_waiter("function_active_v2").wait(FunctionName=STREAM)
    seen = {"function": made["FunctionArn"], "tags": client.get_function(FunctionName=STREAM)["Tags"]}
    direct = client.invoke(FunctionName=STREAM, Payload=b"{}", LogType="Tail")
    seen["direct"] = json.load(direct["Payload"])
    seen["log"] = base64.b64decode(direct["LogResult"]).decode()
    failed = client.invoke(FunctionName=STREAM, Payload=b'{"fail":true}')
    seen["failed"] = [failed["StatusCode"], failed["FunctionError"], json.load(failed["Payload"])["errorType"]]

    stream = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
    mapping = client.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=STREAM, StartingPosition="TRIM_HORIZON", BatchSize=10, MaximumRetryAttempts=2,
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"data": {"n": [{"numeric": [">=", 0]}]}})}]}, Tags={"a": "b"})
    uuid = mapping["UUID"]
    seen["created"] = mapping["State"]
    state(client, uuid, "Enabled")
    kinesis.put_records(StreamName=STREAM, Records=[{"PartitionKey": "k", "Data": json.dumps({"n": n})} for n in range(-5, COUNT)])
    seen["records"] = [json.loads(r)["n"] for r in read(kinesis, COUNT)]
    seen["result"] = until("OK", lambda: client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])
    seen["updated"] = client.update_event_source_mapping(UUID=uuid, BatchSize=5)["State"]
    seen["size"] = state(client, uuid, "Enabled")["BatchSize"]
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=STREAM)
    seen["listed"] = [m["UUID"] == uuid for page in pages for m in page["EventSourceMappings"]]
    seen["mappingTags"] = client.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"]
    seen["deleted"] = client.delete_event_source_mapping(UUID=uuid)["State"]
    seen["gone"] = state(client, uuid, "gone")["Error"]
    client.delete_function(FunctionName=STREAM)
    try:
        client.get_function(FunctionName=STREAM)
    except client.exceptions.ResourceNotFoundException as e:
        seen["functionGone"] = e.response["ResponseMetadata"]["HTTPStatusCode"]
    print(json.dumps(seen))


main()
