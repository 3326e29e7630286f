// Command versitygw runs the integration tests of versitygw, a gateway that
// speaks S3, against any endpoint: each test named in a line of stdin, several
// at a time. It answers a JSON line for each.
//
// Its environment says the rest: SLUICE_ENDPOINT, SLUICE_AT_A_TIME, and the keys
// in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"

	"github.com/versity/versitygw/tests/integration"
)

type verdict struct {
	Test  string `json:"test"`
	Error string `json:"error,omitempty"`
}

func main() {
	key := os.Getenv("AWS_ACCESS_KEY_ID")
	atATime, err := strconv.Atoi(os.Getenv("SLUICE_AT_A_TIME"))
	if err != nil {
		log.Fatal("SLUICE_AT_A_TIME: ", err)
	}
	_ = os.Unsetenv("AWS_CA_BUNDLE") // their client cannot have one
	endpoint, err := dialect(os.Getenv("SLUICE_ENDPOINT"), key)
	if err != nil {
		log.Fatal(err)
	}
	// The tests talk on stdout; the verdicts are what it is for.
	out := json.NewEncoder(os.Stdout)
	os.Stdout = os.Stderr
	log.SetOutput(os.Stderr)
	tests := integration.GetIntTests()
	names, answers := make(chan string), make(chan verdict)
	var work sync.WaitGroup
	for range atATime {
		work.Go(func() {
			for name := range names {
				answers <- verdict{name, run(tests[name], endpoint)}
			}
		})
	}
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			names <- in.Text()
		}
		close(names)
		work.Wait()
		close(answers)
	}()
	for v := range answers {
		if err := out.Encode(v); err != nil {
			log.Fatal(err)
		}
	}
}

func run(test integration.IntTest, endpoint string) (problem string) {
	if test == nil {
		return "there is no such test"
	}
	defer func() {
		if p := recover(); p != nil {
			problem = fmt.Sprint("panic: ", p)
		}
	}()
	conf := integration.NewS3Conf(integration.WithAccess(os.Getenv("AWS_ACCESS_KEY_ID")), integration.WithSecret(os.Getenv("AWS_SECRET_ACCESS_KEY")),
		integration.WithRegion("us-east-1"), integration.WithEndpoint(endpoint),
		integration.WithPartSize(5<<20), integration.WithConcurrency(2), integration.WithVersioningEnabled())
	if err := test(conf); err != nil {
		return err.Error()
	}
	return ""
}
