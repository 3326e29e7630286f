"""A Lambda function of Python. Its event says what to do."""
import base64
import os
import time


def handle(event, context):
    do, value = event.get("do"), event.get("value", "")
    if do == "fail":
        raise ValueError("sour")
    if do == "crash":
        os._exit(7)
    if do == "hang":
        print("hanging", flush=True)
        time.sleep(60)
    if do == "large":
        return "x" * (7 << 20)
    if do == "length":
        return len(value)
    if do == "context":
        return {"arn": context.invoked_function_arn, "requestId": context.aws_request_id, "name": context.function_name,
                "left": context.get_remaining_time_in_millis() / 1000}
    if "Records" in event:
        return batch(event["Records"])
    print("echo", value)
    return value


def batch(records):
    failures = []
    for record in records:
        data = base64.b64decode(record["kinesis"]["data"]).decode()
        if data == "poison":
            failures.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
            break
        print("record", data)
    return {"batchItemFailures": failures}
