"""Writes and reads partitioned tables with awswrangler, which keeps them in the Data Catalog and in buckets."""

import awswrangler as wr
import boto3
import pandas as pd

boto3.client("s3").create_bucket(Bucket="lake")
wr.catalog.create_database(name="Lake", description="a lake", exist_ok=True)
rows = pd.DataFrame({"id": range(12), "who": ["a", "b", "c"] * 4, "price": [n / 4 for n in range(12)], "year": [2025, 2026] * 6, "region": ["eu", "us", "ap"] * 4})


def write(frame, mode, **more):
    return wr.s3.to_parquet(df=frame, path="s3://lake/orders/", dataset=True, database="lake", table="orders", mode=mode, partition_cols=["year", "region"], **more)


made = write(rows, "overwrite", glue_table_settings={"description": "orders", "columns_comments": {"id": "number"}})
assert len(made["partitions_values"]) == 6, made
types = wr.catalog.get_table_types(database="lake", table="orders")
assert types == {"id": "bigint", "who": "string", "price": "double", "year": "bigint", "region": "string"}, types
assert wr.catalog.does_table_exist(database="lake", table="ORDERS") and not wr.catalog.does_table_exist(database="lake", table="none")
assert wr.catalog.get_table_description(database="lake", table="orders") == "orders"
assert wr.catalog.get_columns_comments(database="lake", table="orders")["id"] == "number"
assert wr.catalog.get_table_location(database="lake", table="orders") == "s3://lake/orders/"
assert wr.catalog.get_table_parameters(database="lake", table="orders")["classification"] == "parquet"
assert len(wr.catalog.get_partitions(database="lake", table="orders")) == 6
some = wr.catalog.get_partitions(database="lake", table="orders", expression="year = 2026 and region in ('eu', 'us')")
assert sorted(some.values()) == [["2026", "eu"], ["2026", "us"]], some

write(rows, "append")
back = wr.s3.read_parquet_table(database="lake", table="orders")
assert len(back) == 24 and sorted(back["id"].unique()) == list(range(12)), back
back = wr.s3.read_parquet_table(database="lake", table="orders", partition_filter=lambda p: p["year"] == "2026")
assert len(back) == 12 and set(back["year"].astype(int)) == {2026}, back

write(rows[rows["year"] == 2025], "overwrite_partitions")
assert len(wr.s3.read_parquet_table(database="lake", table="orders")) == 18
assert [t["Name"] for t in wr.catalog.get_tables(database="lake", name_contains="rde")] == ["orders"]
assert list(wr.catalog.tables(database="lake")["Table"]) == ["orders"]
assert "lake" in list(wr.catalog.databases()["Database"])
# A column more is a version more.
write(rows.assign(note="x"), "overwrite", catalog_versioning=True)
assert wr.catalog.get_table_number_of_versions(database="lake", table="orders") >= 2
assert wr.catalog.get_table_types(database="lake", table="orders")["note"] == "string"
assert set(wr.s3.read_parquet_table(database="lake", table="orders")["note"]) == {"x"}
wr.catalog.delete_partitions(database="lake", table="orders", partitions_values=[["2025", "eu"]])
assert len(wr.catalog.get_partitions(database="lake", table="orders")) == 5
wr.catalog.delete_all_partitions(database="lake", table="orders")
assert wr.catalog.get_partitions(database="lake", table="orders") == {}
assert wr.catalog.delete_table_if_exists(database="lake", table="orders") and not wr.catalog.delete_table_if_exists(database="lake", table="orders")
wr.catalog.delete_database(name="lake")
print("all well")
