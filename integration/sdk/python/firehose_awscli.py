"""Delivers records with the AWS CLI, everything but endpoint, region, keys and trust at its default."""

import json
import os
import subprocess
import sys
import time
import urllib.request

name = os.environ["SLUICE_STREAM"]


def aws(*words):
    done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "aws"), *words], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout) if done.stdout.strip().startswith(b"{") else done.stdout.decode()


aws("s3api", "create-bucket", "--bucket", name)
aws("firehose", "create-delivery-stream", "--delivery-stream-name", name, "--extended-s3-destination-configuration",
    f"RoleARN=arn:aws:iam::000000000000:role/r,BucketARN=arn:aws:s3:::{name},Prefix=raw/")
while aws("firehose", "describe-delivery-stream", "--delivery-stream-name", name)["DeliveryStreamDescription"]["DeliveryStreamStatus"] != "ACTIVE":
    time.sleep(0.1)
assert aws("firehose", "put-record", "--delivery-stream-name", name, "--record", json.dumps({"Data": "a"}))["Encrypted"] is False
assert aws("firehose", "put-record-batch", "--delivery-stream-name", name, "--records", json.dumps([{"Data": "b"}, {"Data": "c"}]))["FailedPutCount"] == 0
urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL_KINESIS"] + f"/_sluice/firehose/{name}/flush", method="POST")).read()
found = aws("s3api", "list-objects-v2", "--bucket", name, "--prefix", "raw/")["Contents"]
assert len(found) == 1, found
aws("s3api", "get-object", "--bucket", name, "--key", found[0]["Key"], "/dev/stderr")
assert found[0]["Size"] == 3, found
assert aws("firehose", "list-delivery-streams")["DeliveryStreamNames"] == [name]
aws("firehose", "delete-delivery-stream", "--delivery-stream-name", name)
