package sluice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStrangeVariables(t *testing.T) {
	require.Equal(t, []string{
		"SLUICE_LISTENS is no setting; is it SLUICE_LISTEN?",
		"SLUICE_MEMRY is no setting; is it SLUICE_MEMORY?",
		"SLUICE_SOMETHING_ELSE is no setting; `sluice serve --help` lists the settings",
	}, StrangeVariables([]string{
		"HOME=/root", "SLUICE_MEMRY=1", "SLUICE_MEMORY=1", "SLUICE_CONFIG=", "SLUICE_LISTENS=x", "SLUICE_SOMETHING_ELSE=", "AWS_REGION=x",
		// Kubernetes sets these for a service called sluice.
		"SLUICE_SERVICE_HOST=10.0.0.1", "SLUICE_PORT=tcp://10.0.0.1:4566", "SLUICE_PORT_4566_TCP_ADDR=10.0.0.1",
	}))
}
