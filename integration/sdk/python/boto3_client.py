"""Runs the numbered steps with boto3, everything but endpoint, region, keys and trust at its default."""

import sys

import boto3

from steps import Steps, Unsupported


class Known:
    """The client, but an operation that its version lacks says so."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        if not hasattr(self.client, name):
            raise Unsupported(name)
        return getattr(self.client, name)


def main():
    client = Known(boto3.client("kinesis"))

    def error_is(error, name):
        return isinstance(error, getattr(client.exceptions, name))

    return Steps(client, "boto3", boto3.__version__, error_is).run({})


if __name__ == "__main__":
    sys.exit(main())
