package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// payload gives the bytes of record number i: four bytes of big-endian index, then i*37 mod 500 bytes that run
// through all values. Every client program makes the same ones.
func payload(i int) []byte {
	length := i * 37 % 500
	data := make([]byte, 4, 4+length)
	binary.BigEndian.PutUint32(data, uint32(i))
	for k := range length {
		data = append(data, byte(i*7+k*13))
	}
	return data
}

// checkPayload says whether data are the bytes of record number i.
func checkPayload(data []byte, i int) error {
	if !bytes.Equal(data, payload(i)) {
		return fmt.Errorf("record %d came back with other bytes", i)
	}
	return nil
}
