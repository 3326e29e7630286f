// Command versitygw runs the integration tests of versitygw, a gateway that
// speaks S3, against any endpoint: each test named in a line of stdin, several
// at a time. It answers a JSON line for each.
//
//	main ENDPOINT KEY SECRET AT-A-TIME <names
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
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: main ENDPOINT KEY SECRET AT-A-TIME")
		os.Exit(2)
	}
	atATime, err := strconv.Atoi(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	endpoint, err := dialect(os.Args[1], os.Args[2])
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
	conf := integration.NewS3Conf(integration.WithAccess(os.Args[2]), integration.WithSecret(os.Args[3]),
		integration.WithRegion("us-east-1"), integration.WithEndpoint(endpoint),
		integration.WithPartSize(5<<20), integration.WithConcurrency(2), integration.WithVersioningEnabled())
	if err := test(conf); err != nil {
		return err.Error()
	}
	return ""
}
