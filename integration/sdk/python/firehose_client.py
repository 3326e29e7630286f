"""Delivers records with boto3, everything but endpoint, region, keys and trust at its default."""

import gzip
import os
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

name = os.environ["SLUICE_STREAM"]
hose, s3, kinesis = boto3.client("firehose"), boto3.client("s3"), boto3.client("kinesis")
s3.create_bucket(Bucket=name)


def target(prefix):
    return {"RoleARN": "arn:aws:iam::000000000000:role/r", "BucketARN": "arn:aws:s3:::" + name, "Prefix": prefix, "CompressionFormat": "GZIP"}


def active(stream):
    while hose.describe_delivery_stream(DeliveryStreamName=stream)["DeliveryStreamDescription"]["DeliveryStreamStatus"] != "ACTIVE":
        time.sleep(0.05)


def flush(stream):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_KINESIS"] + f"/_sluice/firehose/{stream}/flush", method="POST")
    urllib.request.urlopen(request).read()


def lines(prefix):
    out = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix):
        for found in page.get("Contents", []):
            got = s3.get_object(Bucket=name, Key=found["Key"])
            assert got["ContentType"] == "application/octet-stream" and got["ContentEncoding"] == "gzip", got
            out += gzip.decompress(got["Body"].read()).decode().splitlines()
    return sorted(out)


hose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=target("direct/"), Tags=[{"Key": "team", "Value": "blue"}])
active(name)
assert hose.put_record(DeliveryStreamName=name, Record={"Data": b"one\n"})["RecordId"]
batch = hose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"%03d\n" % n} for n in range(500)])
assert batch["FailedPutCount"] == 0 and len({r["RecordId"] for r in batch["RequestResponses"]}) == 500, batch
flush(name)
assert lines("direct/") == sorted(["one"] + ["%03d" % n for n in range(500)])

kinesis.create_stream(StreamName=name, ShardCount=2)
kinesis.get_waiter("stream_exists").wait(StreamName=name)
source = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
hose.create_delivery_stream(DeliveryStreamName=name + "-out", DeliveryStreamType="KinesisStreamAsSource", ExtendedS3DestinationConfiguration=target("read/"),
                            KinesisStreamSourceConfiguration={"KinesisStreamARN": source, "RoleARN": "arn:aws:iam::000000000000:role/r"})
active(name + "-out")
kinesis.put_records(StreamName=name, Records=[{"Data": b"k%02d\n" % n, "PartitionKey": str(n)} for n in range(50)])
end = time.time() + 300
while lines("read/") != ["k%02d" % n for n in range(50)]:
    assert time.time() < end, lines("read/")
    time.sleep(0.2)
    flush(name + "-out")
try:
    hose.put_record(DeliveryStreamName=name + "-out", Record={"Data": b"x"})
    raise AssertionError("a put was taken")
except ClientError as refused:
    assert refused.response["Error"] == {"Code": "InvalidArgumentException",
                                         "Message": "This operation is not permitted on KinesisStreamAsSource delivery stream type."}, refused.response
assert hose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"] == [{"Key": "team", "Value": "blue"}]
for stream in (name, name + "-out"):
    hose.delete_delivery_stream(DeliveryStreamName=stream)
