"""Makes, fills, changes and reads an Iceberg table with PyIceberg, whose commits are versions of a table in the Data Catalog."""

import os

import boto3
import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

endpoint = os.environ["AWS_ENDPOINT_URL"]
boto3.client("s3").create_bucket(Bucket="iceberg")
keys = {"s3.access-key-id": "test", "s3.secret-access-key": "test", "s3.region": "us-east-1"}
catalog = load_catalog("lake", **{"type": "glue", "glue.endpoint": endpoint, "glue.region": "us-east-1", "s3.endpoint": endpoint, "warehouse": "s3://iceberg", **keys})
catalog.create_namespace("lake", {"location": "s3://iceberg/lake", "comment": "a lake"})
assert catalog.list_namespaces() == [("lake",)]
schema = Schema(NestedField(1, "id", LongType(), required=False), NestedField(2, "who", StringType(), required=False))
table = catalog.create_table("lake.orders", schema)
try:
    catalog.create_table("lake.orders", schema)
    raise AssertionError("there is one already")
except TableAlreadyExistsError:
    pass
other = catalog.load_table("lake.orders")
table.append(pa.table({"id": [1, 2], "who": ["a", "b"]}))
table.append(pa.table({"id": [3], "who": ["c"]}))
# It knows version 0 only: its commit is refused, and tried again over what is there now.
other.append(pa.table({"id": [4], "who": ["d"]}))
table.refresh()
with table.update_schema() as update:
    update.add_column("price", LongType())
fresh = catalog.load_table("lake.orders")
assert sorted(fresh.scan().to_arrow().to_pylist(), key=lambda r: r["id"]) == [
    {"id": i + 1, "who": who, "price": None} for i, who in enumerate("abcd")]
glue = boto3.client("glue")
kept = glue.get_table(DatabaseName="lake", Name="orders")["Table"]
assert kept["Parameters"]["table_type"] == "ICEBERG" and kept["Parameters"]["metadata_location"].startswith("s3://iceberg/"), kept
assert [c["Name"] for c in kept["StorageDescriptor"]["Columns"]] == ["id", "who", "price"], kept
assert kept["VersionId"] == "4", kept
assert catalog.list_tables("lake") == [("lake", "orders")]
catalog.rename_table("lake.orders", "lake.sales")
assert catalog.load_table("lake.sales").scan().to_arrow().num_rows == 4
catalog.drop_table("lake.sales")
try:
    catalog.load_table("lake.sales")
    raise AssertionError("it is gone")
except NoSuchTableError:
    pass
catalog.drop_namespace("lake")
print("all well")
