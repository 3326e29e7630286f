"use strict";

/** The bytes of record number i: four bytes of big-endian index, then i*37 mod 500 bytes that run through all values. */
function payload(i) {
  const length = (i * 37) % 500;
  const bytes = Buffer.alloc(4 + length);
  bytes.writeUInt32BE(i, 0);
  for (let k = 0; k < length; k++) bytes[4 + k] = (i * 7 + k * 13) & 0xff;
  return bytes;
}

function same(data, i) {
  return Buffer.compare(Buffer.from(data), payload(i)) === 0;
}

function check(condition, what) {
  if (!condition) throw new Error(what);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

module.exports = { payload, same, check, pause };
