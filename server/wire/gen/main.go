// Command gen writes server/wire/constraints_gen.go, the tables of operations,
// shapes and constraints, from the public API models.
//
//	go run ./server/wire/gen [-o FILE] DIR
//
// DIR is a folder of files named kinesis-2013-12-02.service-2.json and so on,
// or a botocore checkout, an unpacked wheel or the wheel file itself
// (botocore/data/kinesis/2013-12-02/service-2.json, also with .gz). What the
// Kinesis model lacks is told in additions.go; what is needed of DynamoDB,
// CloudWatch and STS in files of their names.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "server/wire/constraints_gen.go", "file to write")
	flag.Parse()
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(models, out string) error {
	if models == "" {
		return fmt.Errorf("say DIR, the folder with kinesis-2013-12-02.service-2.json or a botocore wheel")
	}
	text, err := generate(models)
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}
