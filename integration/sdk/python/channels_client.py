"""Has a channel deliver a stream to a bucket and reads the objects back. Prints what was put, and what was read."""

import gzip
import json
import os
import urllib.request

import boto3

STREAM, BUCKET = os.environ["SLUICE_STREAM"], os.environ["SLUICE_STREAM"] + "-lake"
ENDPOINT = os.environ["AWS_ENDPOINT_URL_KINESIS"]
ACCOUNT = "000000000000"


def advance(by):
    request = urllib.request.Request(
        ENDPOINT + "/_sluice/clock", json.dumps({"advance": by}).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).read()


def main():
    kinesis, s3 = boto3.client("kinesis"), boto3.client("s3", endpoint_url=ENDPOINT)
    s3.create_bucket(Bucket=BUCKET)
    kinesis.create_stream(StreamName=STREAM, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis.get_waiter("stream_exists").wait(StreamName=STREAM)
    stream = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
    made = kinesis.create_channel(
        ChannelName=STREAM,
        ServiceExecutionRoleARN=f"arn:aws:iam::{ACCOUNT}:role/delivery",
        StreamConfigurationList=[{"StreamARN": stream, "RecordConfiguration": {"RecordFormatType": "JSON"}}],
        S3DestinationConfiguration={
            "StorageConfiguration": {
                "BucketARN": f"arn:aws:s3:::{BUCKET}", "ExpectedBucketOwner": ACCOUNT, "CompressionType": "GZIP",
                "OutputKeyTemplate": "data/!{channel-name}/!{yyyy}/!{MM}/!{dd}/!{HH}!{mm}!{extension:.json.gz}"}},
        Tags={"team": "blue"},
    )["ChannelDescription"]
    channel = made["ChannelARN"]
    kinesis.get_waiter("channel_active").wait(ChannelARN=channel)
    put = [{"n": n} for n in range(200)]
    kinesis.put_records(
        StreamName=STREAM, Records=[{"PartitionKey": str(r["n"]), "Data": json.dumps(r)} for r in put])
    kinesis.put_record(StreamName=STREAM, PartitionKey="bad", Data="{")
    advance("5m1s")

    read, dead, keys = [], [], []
    for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        body = s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
        if item["Key"].startswith("kinesis-channel/errors/"):
            dead += [json.loads(line)["errorCode"] for line in body.splitlines()]
            continue
        keys.append(item["Key"])
        read += [json.loads(line) for line in gzip.decompress(body).splitlines()]

    kinesis.update_channel(ChannelARN=channel, S3DestinationConfiguration={"DataFreshnessInSeconds": 600})
    listed = kinesis.list_channels(StreamFilter=[{"StreamARN": stream}])["ChannelSummaries"]
    tags = kinesis.list_tags_for_resource(ResourceARN=channel)["Tags"]
    count = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["ChannelCount"]
    try:
        kinesis.delete_stream(StreamName=STREAM)
        refused = None
    except kinesis.exceptions.ResourceInUseException as e:
        refused = e.response["Error"]["Code"]
    kinesis.delete_channel(ChannelARN=channel)
    try:
        kinesis.describe_channel(ChannelARN=channel)
        gone = False
    except kinesis.exceptions.ResourceNotFoundException:
        gone = True
    kinesis.delete_stream(StreamName=STREAM)
    print(json.dumps({
        "Status": made["ChannelStatus"], "Put": put, "Read": read, "Dead": dead, "Keys": keys,
        "Listed": [c["ChannelName"] for c in listed], "Tags": tags, "Count": count, "Refused": refused, "Gone": gone}))


main()
