"""Packs and unpacks aggregated records with the AWS Labs library, one JSON line in, one out.

{"pack": [record…]}  ->  {"data": base64}      record: {"key", "hash" or null, "data": base64, "tags": [[key, value or null]…]}
{"unpack": base64}   ->  {"records": [record…], "plain": true when the library delivered the input as it is}
"""

import base64
import json
import sys

from aws_kinesis_agg import MAX_BYTES_PER_RECORD, aggregator, deaggregator, messages_pb2


def pack(records):
    packed = aggregator.AggRecord(MAX_BYTES_PER_RECORD)
    for record in records:
        if not packed.add_user_record(record["key"], base64.b64decode(record["data"]), record["hash"]):
            raise ValueError("the aggregate is full")
        # The library has no way in for tags; its message has.
        for key, value in record["tags"]:
            tag = packed.agg_record.records[-1].tags.add()
            tag.key = key
            if value is not None:
                tag.value = value
    return packed.get_contents()[2]


def unpack(data):
    outer = {"kinesis": {"kinesisSchemaVersion": "1.0", "sequenceNumber": "1", "approximateArrivalTimestamp": 0,
                         "partitionKey": "outer", "data": base64.b64encode(data).decode()}}
    inner = [record["kinesis"] for record in deaggregator.deaggregate_records(outer)]
    if any("aggregated" not in record for record in inner):
        return {"records": [], "plain": True}
    message = messages_pb2.AggregatedRecord()
    message.ParseFromString(data[4:-16])
    records = []
    for record, raw in zip(inner, message.records, strict=True):
        # The library reads index 0 where a record has no explicit hash key; the message knows better.
        has_hash = raw.HasField("explicit_hash_key_index")
        records.append({
            "key": record["partitionKey"],
            "hash": record["explicitHashKey"] if has_hash else None,
            "data": record["data"].decode(),
            "tags": [[tag.key, tag.value if tag.HasField("value") else None] for tag in raw.tags],
        })
    return {"records": records, "plain": False}


for line in sys.stdin:
    order = json.loads(line)
    if "pack" in order:
        answer = {"data": base64.b64encode(pack(order["pack"])).decode()}
    else:
        answer = unpack(base64.b64decode(order["unpack"]))
    print(json.dumps(answer), flush=True)
