package integration

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// TestTermination asks a busy server to end: with a subscription that would live for minutes, a request whose body
// never comes, and a connection that says nothing. It must end by itself, with the exit code of success.
func TestTermination(t *testing.T) {
	server := Start(t)
	server.CreateStream(t, "ending", 1)
	consumer := server.registerConsumer(t, "ending", "reader")
	answer, err := server.SDK().SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: &consumer, ShardId: aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	require.NoError(t, err)
	defer answer.GetStream().Close()
	for _, begun := range []string{
		"",
		fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nX-Amz-Target: Kinesis_20131202.PutRecord\r\n"+
			"X-Amz-Date: 20261125T120000Z\r\nAuthorization: %s\r\nContent-Length: 100\r\n\r\n{", JSON11, signature),
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		require.NoError(t, err)
		defer connection.Close()
		_, err = io.WriteString(connection, begun)
		require.NoError(t, err)
	}
	stopsInTime(t, server)
}

// stopsInTime stops a server that has reasons to go on. It drains for five seconds, and container runtimes kill after
// ten; what hangs, hangs for minutes, so a machine that is busy may have longer.
func stopsInTime(t *testing.T, server *Server) {
	t.Helper()
	begin := time.Now()
	server.Stop()
	require.Less(t, time.Since(begin), 30*time.Second)
}
