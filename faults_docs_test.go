package sluice_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice"
)

// A producer must cope with a lost acknowledgement.
func TestProducerSurvivesALostAcknowledgement(t *testing.T) {
	s := sluice.RunT(t, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 1}))
	rule, err := s.Faults().Add(sluice.FaultRule{
		Match:  sluice.FaultMatch{Operation: "PutRecord", Stream: "orders"},
		When:   sluice.FaultWhen{First: 1},
		Effect: sluice.FaultEffect{Reset: sluice.AfterCall},
	})
	require.NoError(t, err)

	client := kinesis.NewFromConfig(s.AWSConfig())
	_, err = client.PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("a book"),
	})
	require.NoError(t, err, "the SDK sends it again")
	require.Len(t, oldest(t, client), 2, "so it is there twice")

	rule, _ = s.Faults().Get(rule.ID)
	require.EqualValues(t, 2, rule.Seen)
	require.EqualValues(t, 1, rule.Fired)
}

// The page about faults holds what it says: its test is the one above, its
// rules and its settings are accepted. Its sessions are run with the commands.
func TestPageAboutFaults(t *testing.T) {
	page, err := os.ReadFile("docs/faults.md")
	require.NoError(t, err)
	blocks := map[string][]string{}
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		blocks[block[1]] = append(blocks[block[1]], block[2])
	}
	here, err := os.ReadFile("faults_docs_test.go")
	require.NoError(t, err)
	for _, block := range blocks["go"] {
		require.Contains(t, string(here), block)
	}
	for _, block := range blocks["yaml"] {
		file := filepath.Join(t.TempDir(), "sluice.yaml")
		require.NoError(t, os.WriteFile(file, []byte(block), 0o600))
		c, err := sluice.LoadConfig(sluice.Sources{File: file})
		require.NoError(t, err)
		c.Memory, c.Listen = true, []string{"localhost:0"}
		s, err := sluice.Open(t.Context(), c)
		require.NoError(t, err)
		require.NotEmpty(t, s.Faults().List())
		require.NoError(t, s.Close())
	}
	s := sluice.RunT(t)
	rules := 0
	for _, block := range blocks["json"] {
		for line := range strings.Lines(block) {
			r, err := http.Post(s.Endpoint()+"/_sluice/faults", "application/json", strings.NewReader(line))
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			require.Equal(t, http.StatusCreated, r.StatusCode, line)
			rules++
		}
	}
	require.Len(t, s.Faults().List(), rules)
	require.Greater(t, rules, 5)
}
