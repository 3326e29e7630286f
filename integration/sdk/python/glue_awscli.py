"""Uses the Data Catalog with the AWS CLI, everything but endpoint, region, keys and trust at its default."""

import json
import os
import subprocess
import sys

database = os.environ["SLUICE_DATABASE"]


def aws(*words, fails=None):
    done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "aws"), "glue", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if fails:
        assert done.returncode != 0 and fails in done.stderr.decode(), done
        return None
    assert done.returncode == 0, done
    return json.loads(done.stdout) if done.stdout.strip() else None


aws("create-database", "--database-input", json.dumps({"Name": database}))
aws("create-table", "--database-name", database, "--table-input", json.dumps({
    "Name": "events", "PartitionKeys": [{"Name": "day", "Type": "date"}],
    "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": "s3://lake/events/"}}))
table = aws("get-table", "--database-name", database, "--name", "events")["Table"]
assert table["VersionId"] == "0" and table["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "bigint"}], table
aws("batch-create-partition", "--database-name", database, "--table-name", "events", "--partition-input-list",
    json.dumps([{"Values": [f"2026-03-{day:02}"]} for day in range(1, 32)]))
found = aws("get-partitions", "--database-name", database, "--table-name", "events", "--page-size", "5", "--expression", "day > '2026-03-20'")["Partitions"]
assert len(found) == 11, found
aws("get-table", "--database-name", database, "--name", "none",
    fails="An error occurred (EntityNotFoundException) when calling the GetTable operation: Entity Not Found")
aws("delete-database", "--name", database)
print("all well")
