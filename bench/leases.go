package main

import (
	"encoding/json"
	"fmt"
	"time"

	"sluice/bench/raw"
	"sluice/bench/rig"
)

// The lease store: each connection renews a lease of its own as consumer
// libraries do, by an update that expects the counter it last saw and adds one.
// After a kill -9 every counter must be what was acknowledged last.

const leaseTable = "bench-leases"

// tableCall makes a request of DynamoDB.
func tableCall(operation, body string) []byte {
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-amz-json-1.0\r\n"+
		"X-Amz-Target: DynamoDB_20120810.%s\r\nX-Amz-Date: 20260101T000000Z\r\n"+
		"Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n"+
		"Content-Length: %d\r\n\r\n%s", operation, len(body), body)
}

func leaseKey(i int) string { return fmt.Sprintf("shardId-%012d", i) }

// leases measures conditional updates of as many leases as connections.
func leases(connections int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		if err := makeLeases(p, connections); err != nil {
			return Sample{}, err
		}
		acknowledged := make([]int, connections)
		m, err := drive(p, b, connections, func(i int, conn *raw.Conn) (step, error) {
			return func() (int, error) {
				body := fmt.Sprintf(`{"TableName":%q,"Key":{"leaseKey":{"S":%q}},"Expected":{"leaseCounter":{"Value":{"N":"%d"}},"leaseOwner":{"Value":{"S":"w"}}},`+
					`"AttributeUpdates":{"leaseCounter":{"Action":"ADD","Value":{"N":"1"}},"leaseOwner":{"Action":"PUT","Value":{"S":"w"}}}}`,
					leaseTable, leaseKey(i), acknowledged[i])
				if _, err := ok(conn.Do(tableCall("UpdateItem", body))); err != nil {
					return 0, err
				}
				acknowledged[i]++
				return 1, nil
			}, nil
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, 0)
		if err := s.used(p); err != nil {
			return s, err
		}
		return s, auditLeases(b, p, &s, acknowledged)
	}
}

func makeLeases(p *rig.Process, count int) error {
	conn, err := raw.Dial(p.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = ok(conn.Do(tableCall("CreateTable", `{"TableName":"`+leaseTable+`","BillingMode":"PAY_PER_REQUEST",`+
		`"KeySchema":[{"AttributeName":"leaseKey","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"leaseKey","AttributeType":"S"}]}`)))
	if err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond) // it is CREATING for half of that
	for i := range count {
		item := fmt.Sprintf(`{"TableName":%q,"Item":{"leaseKey":{"S":%q},"leaseOwner":{"S":"w"},"leaseCounter":{"N":"0"},`+
			`"checkpoint":{"S":"TRIM_HORIZON"},"ownerSwitchesSinceCheckpoint":{"N":"0"}}}`, leaseTable, leaseKey(i))
		if _, err := ok(conn.Do(tableCall("PutItem", item))); err != nil {
			return err
		}
	}
	return nil
}

func auditLeases(b *bench, p *rig.Process, s *Sample, acknowledged []int) error {
	if p.Kind.Durable && b.kill {
		p.Kill()
		if err := p.Restart(); err != nil {
			return fmt.Errorf("restart after kill -9: %w", err)
		}
		s.Killed, s.RestartMillis = true, p.Ready.Seconds()*1e3
	}
	conn, err := raw.Dial(p.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i, want := range acknowledged {
		answer, err := ok(conn.Do(tableCall("GetItem", fmt.Sprintf(`{"TableName":%q,"ConsistentRead":true,"Key":{"leaseKey":{"S":%q}}}`, leaseTable, leaseKey(i)))))
		if err != nil {
			return err
		}
		var got struct {
			Item struct{ LeaseCounter struct{ N string } }
		}
		if err := json.Unmarshal(answer.Body, &got); err != nil {
			return err
		}
		if got.Item.LeaseCounter.N != fmt.Sprint(want) {
			return fmt.Errorf("%s counts %s, acknowledged were %d updates", leaseKey(i), got.Item.LeaseCounter.N, want)
		}
	}
	return nil
}
