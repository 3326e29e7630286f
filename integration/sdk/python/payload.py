"""The bytes of record number i, the same in every client program."""

import struct


def payload(i):
    """Four bytes of big-endian index, then i*37 mod 500 bytes that run through all values."""
    return struct.pack(">I", i) + bytes((i * 7 + k * 13) & 0xFF for k in range(i * 37 % 500))


def index_of(data):
    return struct.unpack(">I", data[:4])[0]
