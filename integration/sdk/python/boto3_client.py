"""Runs the numbered steps with boto3, everything but endpoint, region, keys and trust at its default."""

import sys

import boto3

from steps import Steps


def main():
    client = boto3.client("kinesis")

    def error_is(error, name):
        return isinstance(error, getattr(client.exceptions, name))

    return Steps(client, "boto3", boto3.__version__, error_is).run({})


if __name__ == "__main__":
    sys.exit(main())
