"""Has records converted to Parquet in every way there is, and reads the files back with PyArrow and DuckDB. What has to
come out is written down here, not computed from what the server says."""

import datetime
import decimal
import json
import random
import tempfile

import pyarrow.parquet as parquet

from lake import active, by_arrow, by_duckdb, conversion, fetch, flush, glue, hose, put, s3, table, target

BUCKET, DATABASE = "types", "types"
COLUMNS = [
    ("truth", "boolean"), ("t", "tinyint"), ("s", "smallint"), ("i", "int"), ("b", "bigint"), ("f", "float"), ("d", "double"),
    ("small", "decimal(9,2)"), ("wide", "decimal(38,10)"), ("plain", "decimal"), ("text", "string"), ("short", "varchar(5)"),
    ("fixed", "char(5)"), ("day", "date"), ("at", "timestamp"), ("list", "array<int>"), ("lists", "array<array<string>>"),
    ("map", "map<string,double>"), ("struct", "struct<a:int,b:array<struct<x:string,y:decimal(5,1)>>,c:map<string,array<bigint>>>"),
    ("never", "string"),
]


def row(dice, n):
    """A record, and the row that has to come of it."""
    at = datetime.datetime(1905 + n % 200, n % 12 + 1, n % 28 + 1, n % 24, n % 60, (n * 7) % 60, dice.randrange(1000) * 1000)
    words = ["", "a", "é", "naïve ☃ 𝄞", "tab\tnew\nline", "\"quoted\" \\ /", "x" * dice.randrange(300)]
    given = {
        "truth": n % 3 == 0, "t": dice.randrange(-128, 128), "s": dice.randrange(-2**15, 2**15), "i": dice.randrange(-2**31, 2**31),
        "b": dice.randrange(-2**63, 2**63), "f": dice.randrange(-1000, 1000) / 8, "d": dice.uniform(-1e300, 1e300),
        "small": decimal.Decimal(dice.randrange(-10**9 + 1, 10**9)).scaleb(-2), "wide": decimal.Decimal(dice.randrange(-10**38 + 1, 10**38)).scaleb(-10, decimal.Context(prec=40)),
        "plain": decimal.Decimal(dice.randrange(-10**10 + 1, 10**10)), "text": dice.choice(words), "short": "abc", "fixed": "ab",
        "day": at.date(), "at": at, "list": [dice.choice([None, 1, -5, 2**31 - 1]) for _ in range(dice.randrange(4))],
        "lists": [dice.choice([None, [], ["p"], ["q", None, "r"]]) for _ in range(dice.randrange(4))],
        "map": {"k%d" % k: dice.choice([None, 0.5, -1.25]) for k in range(dice.randrange(4))},
        "struct": {"a": n, "b": dice.choice([None, [], [{"x": "z", "y": decimal.Decimal("-1234.5")}, None, {"x": None, "y": None}]]),
                   "c": dice.choice([None, {}, {"one": [1, None], "none": None}])},
        "never": None,
    }
    for name in COLUMNS[:-1]:
        if dice.random() < 0.1:
            given[name[0]] = None
    spelled = {key: spell(value) for key, value in given.items() if value is not None or n % 2}
    return json.dumps(spelled, ensure_ascii=n % 5 == 0).encode(), given


def spell(value):
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y").zfill(4) + value.strftime("-%m-%d %H:%M:%S.%f")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        return [spell(one) for one in value]
    if isinstance(value, dict):
        return {key: spell(one) for key, one in value.items()}
    return value


def arrow_rows(path):
    """PyArrow gives maps as pairs."""
    rows = by_arrow(path)
    for one in rows:
        if one["map"] is not None:
            one["map"] = dict(one["map"])
        if one["struct"] is not None and one["struct"]["c"] is not None:
            one["struct"]["c"] = dict(one["struct"]["c"])
    return rows


def every_form(dice):
    records, want = zip(*(row(dice, n) for n in range(300)))
    for version in ("V1", "V2"):
        for compression in ("UNCOMPRESSED", "SNAPPY", "GZIP"):
            for dictionary in (False, True):
                name = f"{version}-{compression}-{dictionary}"
                form = {"WriterVersion": version, "Compression": compression, "EnableDictionaryCompression": dictionary, "PageSizeBytes": 65536}
                hose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=target(
                    BUCKET, name + "/", DataFormatConversionConfiguration=conversion(DATABASE, "all", **form)))
                active(name)
                put(name, records)
                flush(name)
                with tempfile.TemporaryDirectory() as folder:
                    [(path, key, head)] = fetch(BUCKET, name + "/", folder)
                    assert key.endswith(".parquet"), key
                    assert head.get("ContentEncoding") == ("hadoop-snappy" if compression == "SNAPPY" else None), head
                    for reader in (arrow_rows, by_duckdb):
                        got = reader(path)
                        assert len(got) == len(want), (name, reader, len(got))
                        for n, (one, other) in enumerate(zip(got, want)):
                            assert one == other, f"{name} {reader.__name__} row {n}:\n{one}\n{other}\n{records[n]}"
                    chunk = parquet.ParquetFile(path).metadata.row_group(0).column(10)
                    assert chunk.compression == compression and chunk.has_dictionary_page == dictionary, chunk
                assert fetch(BUCKET, "errors/" + name, "/nowhere") == []


def failures():
    """The other deserialiser, its time patterns, partitions, and what does not fit."""
    table(DATABASE, "events", [("id", "int"), ("at", "timestamp"), ("kind", "string"), ("raw", "binary")])
    hive = {"HiveJsonSerDe": {"TimestampFormats": ["yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "EEE, d MMM yyyy HH:mm:ss Z", "millis"]}}
    hose.create_delivery_stream(DeliveryStreamName="events", ExtendedS3DestinationConfiguration=target(
        BUCKET, "events/kind=!{partitionKeyFromQuery:kind}/", ErrorOutputPrefix="bad/!{firehose:error-output-type}/", BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 60},
        DataFormatConversionConfiguration=conversion(DATABASE, "events", hive),
        DynamicPartitioningConfiguration={"Enabled": True},
        ProcessingConfiguration={"Enabled": True, "Processors": [{"Type": "MetadataExtraction", "Parameters": [
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{kind:.kind}"}, {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"}]}]}))
    active("events")
    put("events", [b'{"id":1,"kind":"a","at":"2026-07-13T12:00:00.250+02:00","raw":"bytes"}', b'{"ID":2,"kind":"b","at":"Mon, 13 Jul 2026 12:00:00 +0000"}',
                   b'{"id":3,"kind":"a","at":1783944000123}', b'{"id":"4","kind":"a"}', b'{"id":5,"kind":"a","at":"noon"}'])
    flush("events")
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for path, key, _ in fetch(BUCKET, "events/", folder):
            for one in by_duckdb(path):
                found[one["id"]] = (key.split("/")[1], one["at"], one["raw"])
            assert by_arrow(path) == by_duckdb(path)
        assert found == {1: ("kind=a", datetime.datetime(2026, 7, 13, 10, 0, 0, 250000), b"bytes"), 2: ("kind=b", datetime.datetime(2026, 7, 13, 12), None),
                         3: ("kind=a", datetime.datetime(2026, 7, 13, 12, 0, 0, 123000), None)}, found
        [(path, key, _)] = fetch(BUCKET, "bad/", folder)
        assert key.startswith("bad/format-conversion-failed/") and "." not in key.rsplit("/", 1)[1], key
        texts = [json.loads(line)["lastErrorMessage"] for line in open(path)]
        assert texts == ["Data does not match the schema. Current token (VALUE_STRING) not numeric, can not use numeric value accessors",
                         'Data does not match the schema. Invalid format: "noon"'], texts
    try:
        hose.create_delivery_stream(DeliveryStreamName="none", ExtendedS3DestinationConfiguration=target(
            BUCKET, "none/", DataFormatConversionConfiguration=conversion(DATABASE, "nothing")))
    except hose.exceptions.InvalidArgumentException as refused:
        assert "Table nothing not found" in str(refused) or "EntityNotFoundException" in str(refused), refused
    else:
        raise AssertionError("a table that is not there was taken")


s3.create_bucket(Bucket=BUCKET)
glue.create_database(DatabaseInput={"Name": DATABASE})
table(DATABASE, "all", COLUMNS)
every_form(random.Random(7))
failures()
print("all well")
