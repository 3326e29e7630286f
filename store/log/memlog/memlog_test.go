package memlog_test

import (
	"testing"
	"time"

	"sluice/store/log/logtest"
	"sluice/store/log/memlog"
)

func TestContract(t *testing.T) {
	logtest.Run(t, func(_ *testing.T, now func() time.Time) *logtest.Instance {
		return &logtest.Instance{Log: memlog.New(now)}
	})
}
