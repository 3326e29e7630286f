"""Uses the Data Catalog with boto3, everything but endpoint, region, keys and trust at its default."""

import datetime
import os

import boto3

database = os.environ["SLUICE_DATABASE"]
glue = boto3.client("glue")
here = {"DatabaseName": database, "TableName": "events"}


def table(**more):
    return {
        "Name": "Events",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "json"},
        "PartitionKeys": [{"Name": "year", "Type": "int"}, {"Name": "region", "Type": "string"}],
        "StorageDescriptor": {"Columns": [{"Name": "Id", "Type": "bigint", "Comment": "größe"}], "Location": "s3://lake/events/",
                              "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {"paths": "id"}}},
        **more,
    }


def refused(kind, message, call, **arguments):
    try:
        call(**arguments)
    except kind as e:
        assert e.response["Error"]["Message"] == message, e
        return
    raise AssertionError(f"no {kind}")


glue.create_database(DatabaseInput={"Name": database.upper(), "Description": "a lake"}, Tags={"team": "blue"})
got = glue.get_database(Name=database)["Database"]
assert got["Name"] == database and got["CatalogId"] == "000000000000" and isinstance(got["CreateTime"], datetime.datetime), got
assert database in [d["Name"] for p in glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1}) for d in p["DatabaseList"]]
assert glue.get_tags(ResourceArn=f"arn:aws:glue:us-east-1:000000000000:database/{database}")["Tags"] == {"team": "blue"}

glue.create_table(DatabaseName=database, TableInput=table())
refused(glue.exceptions.AlreadyExistsException, "Table already exists.", glue.create_table, DatabaseName=database, TableInput=table())
got = glue.get_table(DatabaseName=database, Name="EVENTS")["Table"]
assert got["Name"] == "events" and got["VersionId"] == "0" and got["StorageDescriptor"]["Columns"] == table()["StorageDescriptor"]["Columns"], got
glue.update_table(DatabaseName=database, TableInput=table(Description="again"), VersionId="0")
refused(glue.exceptions.ConcurrentModificationException, "Update table failed due to concurrent modifications.",
        glue.update_table, DatabaseName=database, TableInput=table(), VersionId="0")
assert [v["VersionId"] for v in glue.get_table_versions(**here)["TableVersions"]] == ["1", "0"]
assert "Description" not in glue.get_table_version(VersionId="0", **here)["TableVersion"]["Table"]
glue.delete_table_version(VersionId="0", **here)
assert [t["Name"] for p in glue.get_paginator("get_tables").paginate(DatabaseName=database, Expression="ev.*") for t in p["TableList"]] == ["events"]

for first in range(0, 250, 100):
    inputs = [{"Values": [str(1800 + n), "eu"], "StorageDescriptor": {"Location": f"s3://lake/events/{n}/"}} for n in range(first, min(first + 100, 250))]
    assert glue.batch_create_partition(PartitionInputList=inputs, **here)["Errors"] == []
again = glue.batch_create_partition(PartitionInputList=inputs[:1], **here)["Errors"]
assert again == [{"PartitionValues": ["2000", "eu"], "ErrorDetail": {"ErrorCode": "AlreadyExistsException", "ErrorMessage": "Partition already exists."}}], again
pages = glue.get_paginator("get_partitions").paginate(Expression="year >= 2040 and region in ('eu', 'us')", PaginationConfig={"PageSize": 3}, **here)
assert [int(p["Values"][0]) for page in pages for p in page["Partitions"]] == list(range(2040, 2050))
assert len(glue.batch_get_partition(PartitionsToGet=[{"Values": ["1800", "eu"]}, {"Values": ["1", "eu"]}], **here)["Partitions"]) == 1
glue.update_partition(PartitionValueList=["1800", "eu"], PartitionInput={"Values": ["1799", "eu"]}, **here)
glue.delete_partition(PartitionValues=["1799", "eu"], **here)
refused(glue.exceptions.EntityNotFoundException, "Cannot find partition.", glue.get_partition, PartitionValues=["1799", "eu"], **here)
refused(glue.exceptions.InvalidInputException, "Unsupported expression 'year ='", glue.get_partitions, Expression="year =", **here)

refused(glue.exceptions.EntityNotFoundException, "Entity Not Found", glue.get_table, DatabaseName=database, Name="none")
refused(glue.exceptions.ValidationException, "1 validation error detected: Value '' at 'name' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
        boto3.client("glue", config=boto3.session.Config(parameter_validation=False)).get_database, Name="")
try:
    glue.list_crawlers()
    raise AssertionError("there are no crawlers")
except glue.exceptions.ClientError as e:
    assert e.response["Error"]["Code"] == "UnknownOperationException", e
assert glue.batch_delete_table(DatabaseName=database, TablesToDelete=["events", "none"])["Errors"][0]["TableName"] == "none"
glue.delete_database(Name=database)
print("all well")
