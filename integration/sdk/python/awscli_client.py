"""Runs the numbered steps with the AWS command line: every call is one `aws kinesis …` process."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from forked import aws
from steps import Steps, Unsupported


# The endpoint is told as most people tell it; older versions know no variable for it.
AWS = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL_KINESIS"], "kinesis"]


class CommandError(Exception):
    """What the command line printed for a refused call."""

    def __init__(self, text):
        super().__init__(text)
        found = re.search(r"An error occurred \((\w+)\)", text)
        self.code = found.group(1) if found else ""


class CommandLine:
    """Answers boto3's method names by running the command of the same name."""

    def __init__(self, folder, version):
        self.folder = Path(folder)
        self.takes_base64 = version.startswith("2.")  # version 1 takes the text itself
        self.files = 0

    def __getattr__(self, method):
        return lambda **arguments: self.call(method.replace("_", "-"), arguments)

    def call(self, command, arguments):
        words = AWS + [command]
        for name, value in arguments.items():
            words += self.option(name, value)
        done = aws(*words)
        if "argument operation: Invalid choice" in done.stderr:
            raise Unsupported(command)
        if done.returncode != 0:
            raise CommandError(done.stderr.strip())
        return decode(json.loads(done.stdout)) if done.stdout.strip() else {}

    def option(self, name, value):
        flag = "--" + re.sub(r"([a-z])([A-Z])", r"\1-\2", name).lower()
        if name == "Data":
            return [flag, self.blob(value)]
        if name == "Records" and self.takes_base64:
            encoded = [{**r, "Data": base64.b64encode(r["Data"]).decode()} for r in value]
            return [flag, json.dumps(encoded)]
        if name == "Records":
            return [flag] + [
                f"Data@={self.blob(r['Data'])},PartitionKey={r['PartitionKey']}" for r in value
            ]
        if value is True:
            return [flag]
        if name == "Policy" or isinstance(value, (str, int, float)):
            return [flag, str(value)]
        return [flag, json.dumps(value)]

    def blob(self, data):
        """Binary arguments go through files, as the command line's guide says."""
        self.files += 1
        path = self.folder / f"{self.files}.bin"
        path.write_bytes(data)
        return f"fileb://{path}"

    def get_waiter(self, name):
        return Waiter(name.replace("_", "-"))


class Waiter:
    """`aws kinesis wait NAME`."""

    def __init__(self, name):
        self.name = name

    def wait(self, StreamName):  # noqa: N803 (boto3's spelling)
        words = AWS + ["wait", self.name, "--stream-name", StreamName]
        done = aws(*words)
        if done.returncode != 0:
            raise CommandError(done.stderr.strip())


def decode(value):
    """Turns the base64 text of blobs back into bytes, wherever they stand."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if isinstance(value, dict):
        return {k: base64.b64decode(v) if k == "Data" else decode(v) for k, v in value.items()}
    return value


def main():
    version = subprocess.run(["aws", "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"aws-cli/(\S+)", version.stdout + version.stderr).group(1)
    with tempfile.TemporaryDirectory() as folder:
        steps = Steps(
            CommandLine(folder, version),
            "awscli",
            version,
            lambda error, name: error.code == name,
            reader_pause=1.0,
        )
        return steps.run({"5.2": "the command line leaves subscribe-to-shard out"})


if __name__ == "__main__":
    sys.exit(main())
