"""The same story as lambda_client.py on the command line of AWS."""

import base64
import io
import json
import os
import subprocess
import tempfile
import time
import zipfile

STREAM = os.environ["SLUICE_STREAM"]
OUT = STREAM + "-out"
COUNT = 10


def aws(*args):
    out = subprocess.run(["aws", *args, "--output", "json"], capture_output=True, text=True)
    if out.returncode:
        raise AssertionError(out.stderr.strip())
    return json.loads(out.stdout or "{}")


def refused(*args):
    try:
        aws(*args)
    except AssertionError as e:
        return str(e)
    return ""


def until(what, poll):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        got = poll()
        if got is not None:
            return got
    raise AssertionError("not in time: " + what)


def mapping(uuid, want):
    def poll():
        got = aws("lambda", "get-event-source-mapping", "--uuid", uuid)
        return got if got["State"] == want else None

    return until(want, poll)


def records():
    shard = aws("kinesis", "list-shards", "--stream-name", OUT)["Shards"][0]["ShardId"]
    start = aws("kinesis", "get-shard-iterator", "--stream-name", OUT, "--shard-id", shard, "--shard-iterator-type", "TRIM_HORIZON")
    page = aws("kinesis", "get-records", "--shard-iterator", start["ShardIterator"])["Records"]
    return [int(base64.b64decode(r["Data"])) for r in page] if len(page) >= COUNT else None


def main():
    for name in (STREAM, OUT):
        aws("kinesis", "create-stream", "--stream-name", name, "--shard-count", "1")
    with tempfile.TemporaryDirectory(prefix="sluice-awscli-") as folder:
        code = os.path.join(folder, "code.zip")
        with zipfile.ZipFile(code, "w") as z:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            with open(os.environ["SLUICE_BOOTSTRAP"]) as f:
                z.writestr(entry, f.read())
        made = aws("lambda", "create-function", "--function-name", STREAM, "--runtime", "provided.al2023", "--handler", "bootstrap",
                   "--role", "arn:aws:iam::000000000000:role/r", "--zip-file", "fileb://" + code, "--timeout", "30",
                   "--environment", "Variables={OUT=" + OUT + "}")
        answer = os.path.join(folder, "answer.json")
        invoked = aws("lambda", "invoke", "--function-name", STREAM, "--log-type", "Tail", answer)
        with open(answer) as f:
            direct = json.load(f)
    stream = aws("kinesis", "describe-stream-summary", "--stream-name", STREAM)["StreamDescriptionSummary"]["StreamARN"]
    uuid = aws("lambda", "create-event-source-mapping", "--event-source-arn", stream, "--function-name", STREAM,
               "--starting-position", "TRIM_HORIZON", "--batch-size", "3")["UUID"]
    mapping(uuid, "Enabled")
    for n in range(COUNT):
        aws("kinesis", "put-record", "--stream-name", STREAM, "--partition-key", "k", "--data",
            base64.b64encode(str(n).encode()).decode() if version() == 2 else str(n))
    got = until("the records", records)
    aws("lambda", "update-event-source-mapping", "--uuid", uuid, "--no-enabled")
    disabled = mapping(uuid, "Disabled")["State"]
    listed = [m["UUID"] for m in aws("lambda", "list-event-source-mappings", "--function-name", STREAM)["EventSourceMappings"]] == [uuid]
    aws("lambda", "delete-event-source-mapping", "--uuid", uuid)
    gone = refused("lambda", "get-event-source-mapping", "--uuid", uuid)
    aws("lambda", "delete-function", "--function-name", STREAM)
    print(json.dumps({
        "function": made["FunctionArn"], "status": invoked["StatusCode"], "direct": direct, "log": base64.b64decode(invoked["LogResult"]).decode(),
        "records": got, "disabled": disabled, "listed": listed, "gone": gone}))


def version():
    """Version 2 takes blobs as base64."""
    out = subprocess.run(["aws", "--version"], capture_output=True, text=True)
    return int((out.stdout or out.stderr).split("/")[1].split(".")[0])


main()
