"""Uses buckets with boto3, everything but endpoint, region, keys and trust at its default."""

import io
import os
import urllib.request

import boto3
from botocore.exceptions import ClientError

bucket = os.environ["SLUICE_BUCKET"]
s3 = boto3.client("s3")
body = os.urandom(20 << 20)

s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="small ü/+&=%", Body=b"hello", Metadata={"colour": "blue"}, ContentType="text/plain", Tagging="a=1")
got = s3.get_object(Bucket=bucket, Key="small ü/+&=%", ChecksumMode="ENABLED")
assert got["Body"].read() == b"hello" and got["Metadata"] == {"colour": "blue"} and got["ContentType"] == "text/plain", got
assert got["TagCount"] == 1 and got["ChecksumCRC32"] == "NhCmhg==", got

# The transfer library cuts this into parts and reads it back in ranges.
s3.upload_fileobj(io.BytesIO(body), bucket, "large")
back = io.BytesIO()
s3.download_fileobj(bucket, "large", back)
assert back.getvalue() == body
head = s3.head_object(Bucket=bucket, Key="large")
assert head["ContentLength"] == len(body) and head["ETag"].endswith('-3"'), head
s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied")
assert s3.get_object(Bucket=bucket, Key="copied", Range="bytes=100-199")["Body"].read() == body[100:200]

url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "copied"}, ExpiresIn=60)
if url.startswith("http:"):
    assert urllib.request.urlopen(url).read() == body
put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "presigned"}, ExpiresIn=60)
if put.startswith("http:"):
    # A URL of version 2 signs the type, which urllib would make up.
    urllib.request.urlopen(urllib.request.Request(put, data=b"by url", method="PUT", headers={"Content-Type": ""})).read()
    assert s3.get_object(Bucket=bucket, Key="presigned")["Body"].read() == b"by url"

for i in range(25):
    s3.put_object(Bucket=bucket, Key=f"many/{i:02}", Body=b"")
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="many/", PaginationConfig={"PageSize": 10})
assert [o["Key"] for p in pages for o in p["Contents"]] == [f"many/{i:02}" for i in range(25)]
assert s3.list_objects_v2(Bucket=bucket, Delimiter="/")["CommonPrefixes"] == [{"Prefix": "many/"}, {"Prefix": "small ü/"}]

s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
one = s3.put_object(Bucket=bucket, Key="kept", Body=b"1")["VersionId"]
s3.put_object(Bucket=bucket, Key="kept", Body=b"2")
s3.delete_object(Bucket=bucket, Key="kept")
try:
    s3.get_object(Bucket=bucket, Key="kept")
    raise AssertionError("a delete marker hides it")
except s3.exceptions.NoSuchKey:
    pass
assert s3.get_object(Bucket=bucket, Key="kept", VersionId=one)["Body"].read() == b"1"
try:
    s3.get_object(Bucket=bucket, Key="large", IfMatch='"x"')
    raise AssertionError("the entity tag is another")
except ClientError as e:
    assert e.response["Error"]["Code"] == "PreconditionFailed", e
resource = boto3.resource("s3").Bucket(bucket)
resource.object_versions.delete()
resource.delete()
print("all well")
