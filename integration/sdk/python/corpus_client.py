"""Sends the logs of this machine, over and over until there is enough, through a stream and from there by two delivery
streams: into gzip as it is, and into Parquet by partition. Every row has to come out as it was put, once."""

import glob
import json
import os
import sys
import tempfile
import threading
import time

import duckdb

from lake import ROLE, active, conversion, fetch, flush, glue, hose, keys, kinesis, s3, table, target

SIZE = int(os.environ["SLUICE_CORPUS"])
LOGS = ["/var/log/dpkg.log*", "/var/log/alternatives.log", "/var/log/apt/*.log", "/var/log/syslog", "/var/log/messages", "/var/log/auth.log", "/var/log/installer/*"]
OTHERS = ["/usr/share/common-licenses/*", "/etc/services", "/usr/share/perl/*/unicore/*.pl", "/usr/lib/python3*/**/*.py", "/usr/local/lib/python3*/*.py"]
PER_RECORD, PER_CALL, WRITERS, SHARDS = 40, 200, 2, 4


def read(patterns):
    """The lines of what can be read as text, and the name of the file of each."""
    out = []
    for path in sorted({p for pattern in patterns for p in glob.glob(pattern, recursive=True)}):
        try:
            with open(path, encoding="utf-8") as file:
                out += [(os.path.basename(path), line) for line in file.read().split("\n") if line and len(line) < 10000]
        except (OSError, UnicodeDecodeError):
            continue
        if sum(len(line) for _, line in out) > 32 << 20:
            break
    return out


corpus = read(LOGS)
if sum(len(line) for _, line in corpus) < 100_000:
    print("this machine keeps no logs to speak of: its licences, tables and programs are sent instead")
    corpus = read(OTHERS)
assert len(corpus) > 1000, "there is no text on this machine"

s3.create_bucket(Bucket="logs")
glue.create_database(DatabaseInput={"Name": "logs"})
table("logs", "lines", [("n", "bigint"), ("file", "string"), ("line", "string")])
kinesis.create_stream(StreamName="logs", ShardCount=SHARDS)
kinesis.get_waiter("stream_exists").wait(StreamName="logs")
source = {"KinesisStreamARN": kinesis.describe_stream_summary(StreamName="logs")["StreamDescriptionSummary"]["StreamARN"], "RoleARN": ROLE}
delimited = {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]}
hose.create_delivery_stream(DeliveryStreamName="packed", DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration=source,
                            ExtendedS3DestinationConfiguration=target("logs", "packed/", CompressionFormat="GZIP", ProcessingConfiguration=delimited,
                                                                      BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 900}))
parted = {"Enabled": True, "Processors": [
    {"Type": "RecordDeAggregation", "Parameters": [{"ParameterName": "SubRecordType", "ParameterValue": "JSON"}]},
    {"Type": "MetadataExtraction", "Parameters": [{"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{file:.file}"},
                                                  {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"}]}]}
hose.create_delivery_stream(DeliveryStreamName="lines", DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration=source,
                            ExtendedS3DestinationConfiguration=target("logs", "lines/file=!{partitionKeyFromQuery:file}/", ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
                                                                      ProcessingConfiguration=parted, DynamicPartitioningConfiguration={"Enabled": True},
                                                                      BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 900},
                                                                      DataFormatConversionConfiguration=conversion("logs", "lines")))
for stream in ("packed", "lines"):
    active(stream)

encoded = [(json.dumps(file), json.dumps(line)) for file, line in corpus]
lock, written, total, failures = threading.Lock(), 0, 0, []


def claim():
    """The numbers of the rows to send next."""
    global written, total
    with lock:
        if written >= SIZE or failures:
            return None
        first, count = total, PER_RECORD * PER_CALL
        total += count
        written += sum(len(encoded[n % len(encoded)][1]) + len(encoded[n % len(encoded)][0]) + 30 for n in range(first, first + count))  # about
        return range(first, first + count)


def send():
    try:
        while rows := claim():
            records = []
            for at in range(rows.start, rows.stop, PER_RECORD):
                documents = ['{"n":%d,"file":%s,"line":%s}' % (n, *encoded[n % len(encoded)]) for n in range(at, at + PER_RECORD)]
                records.append({"Data": "\n".join(documents).encode(), "PartitionKey": str(at)})
            while records:
                answer = kinesis.put_records(StreamName="logs", Records=records)
                records = [one for one, result in zip(records, answer["Records"]) if "ErrorCode" in result]
    except Exception as error:  # a thread's error is the program's
        failures.append(error)


began = time.time()
writers = [threading.Thread(target=send) for _ in range(WRITERS)]
for one in writers:
    one.start()
for one in writers:
    one.join()
assert not failures, failures
put = time.time()

with tempfile.TemporaryDirectory() as folder:
    duckdb.sql(f"set temp_directory='{folder}/spill'")
    duckdb.sql("set memory_limit='1GB'")
    with open(folder + "/corpus.json", "w") as file:
        for n, (name, line) in enumerate(encoded):
            file.write('{"i":%d,"name":%s,"text":%s}\n' % (n, name, line))
    duckdb.sql(f"create table corpus as select * from read_json('{folder}/corpus.json', columns={{i:'BIGINT', name:'VARCHAR', text:'VARCHAR'}})")

    def check(what, rows):
        """Every number from 0 on is there once, beside the line it was put with."""
        found = duckdb.sql(f"select count(*), count(distinct n), count(*) filter (c.text = r.line and c.name = r.file), min(n), max(n) "
                           f"from ({rows}) r join corpus c on c.i = r.n % {len(encoded)}").fetchall()[0]
        return found == (total, total, total, 0, total - 1), f"{what}: {found} for {total} rows"

    def gather(stream, suffix, rows):
        place = os.path.join(folder, stream)
        end = time.time() + 300 + SIZE / 1e6
        while True:
            flush(stream)
            os.makedirs(place, exist_ok=True)
            files = fetch("logs", stream + "/", place)
            assert all(path.endswith(suffix) for path, _, _ in files), files[:3]
            ok, said = check(stream, rows.format(place)) if files else (False, "no objects")
            if ok:
                return len(files), sum(os.path.getsize(path) for path, _, _ in files)
            assert time.time() < end, said
            for path, _, _ in files:
                os.remove(path)
            time.sleep(1)

    packed = gather("packed", ".gz", "select * from read_json('{}/*.gz', format='newline_delimited', columns={{n:'BIGINT', file:'VARCHAR', line:'VARCHAR'}})")
    lines = gather("lines", ".parquet", "select n, file, line from read_parquet('{}/*.parquet')")
    done = time.time()
assert keys("logs", "bad/") == []
print(f"{total} rows, {written >> 20} MiB put in {put - began:.1f} s and delivered {done - put:.1f} s later: "
      f"{packed[0]} gzip objects of {packed[1] >> 20} MiB, {lines[0]} Parquet files of {lines[1] >> 20} MiB in {len({name for name, _ in corpus})} partitions; all well")
sys.exit(0)
