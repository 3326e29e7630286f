"""What the programs about Parquet share: a bucket, a table, a delivery stream, and two readers."""

import os
import time
import urllib.request

import boto3
import duckdb
import pyarrow.parquet as parquet

ROLE = "arn:aws:iam::000000000000:role/r"
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]

hose, s3, glue, kinesis = (boto3.client(name) for name in ("firehose", "s3", "glue", "kinesis"))


def table(database, name, columns):
    glue.create_table(DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": {
        "Columns": [{"Name": column, "Type": kind} for column, kind in columns]}})


def conversion(database, name, deserializer=None, **serializer):
    return {"InputFormatConfiguration": {"Deserializer": deserializer or {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": serializer}},
            "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": database, "TableName": name}}


def target(bucket, prefix, **more):
    return {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::" + bucket, "Prefix": prefix, "ErrorOutputPrefix": "errors/" + prefix, **more}


def active(stream):
    while hose.describe_delivery_stream(DeliveryStreamName=stream)["DeliveryStreamDescription"]["DeliveryStreamStatus"] != "ACTIVE":
        time.sleep(0.05)


def put(stream, records):
    for at in range(0, len(records), 500):
        answer = hose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": data} for data in records[at:at + 500]])
        assert answer["FailedPutCount"] == 0, answer


def flush(stream):
    urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/_sluice/firehose/{stream}/flush", method="POST")).read()


def keys(bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def fetch(bucket, prefix, folder):
    """Downloads the objects under a prefix and returns the files, with what the answers said."""
    out = []
    for n, key in enumerate(keys(bucket, prefix)):
        got = s3.get_object(Bucket=bucket, Key=key)
        path = os.path.join(folder, f"{n}-{os.path.basename(key)}")
        with open(path, "wb") as file:
            for piece in got["Body"].iter_chunks(1 << 20):
                file.write(piece)
        out.append((path, key, got))
    return out


def by_arrow(path):
    return parquet.ParquetFile(path).read().to_pylist()


def by_duckdb(path):
    found = duckdb.sql(f"select * from read_parquet('{path}')")
    return [dict(zip(found.columns, row)) for row in found.fetchall()]
