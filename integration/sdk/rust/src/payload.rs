//! The bytes of record number i, the same in every client program.

use aws_sdk_kinesis::types::Record;

/// Four bytes of big-endian index, then i*37 mod 500 bytes that run through all values.
pub fn payload(i: u32) -> Vec<u8> {
    let mut bytes = i.to_be_bytes().to_vec();
    bytes.extend((0..i * 37 % 500).map(|k| (i * 7 + k * 13) as u8));
    bytes
}

/// The index at the head of a record's bytes.
pub fn index_of(data: &[u8]) -> u32 {
    u32::from_be_bytes([data[0], data[1], data[2], data[3]])
}

/// The partition key, which is optional from SDK 1.12x on and plain text before.
pub fn key_of(record: &Record) -> &str {
    Option::<&str>::from(record.partition_key()).unwrap_or_default()
}
