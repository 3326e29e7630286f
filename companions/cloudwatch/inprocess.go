package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Value is a value of a metric with one dimension, from a room of the same
// process.
type Value struct {
	Name, Unit    string
	Dimension, Of string
	Value         float64
}

// Record takes values of this moment in service time.
func (m *Metrics) Record(account, region, namespace string, values []Value) {
	at := m.clock.Now().Unix() / 60
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range values {
		s := &series{account: account, region: region, namespace: namespace, name: v.Name, unit: types.StandardUnit(v.Unit),
			dimensions: []types.Dimension{{Name: aws.String(v.Dimension), Value: aws.String(v.Of)}}}
		m.add(s, minute{at: at, count: 1, sum: v.Value, min: v.Value, max: v.Value})
	}
}
