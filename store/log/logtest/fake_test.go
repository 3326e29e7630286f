package logtest

import (
	"testing"
	"time"
)

func TestFakeContract(t *testing.T) {
	for seed := range uint64(5) {
		Run(t, func(_ *testing.T, now func() time.Time) *Instance {
			return &Instance{Log: NewFake(now, seed)}
		})
	}
}
