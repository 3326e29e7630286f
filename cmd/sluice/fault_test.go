package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice"
)

func TestFaultCommands(t *testing.T) {
	w := newWorld(t)
	require.Empty(t, w.ok("fault", "list"))
	require.Equal(t, "fault-1\n", w.ok("fault", "add", "--operation", "PutRecord", "--stream", "orders", "--after", "2", "--error", "InternalFailure", "--status", "500"))
	require.Equal(t, "end\n", w.ok("fault", "add", "--id", "end", "--consumer", "c", "--end-subscription", "reset", "--events", "0"))
	require.Equal(t, "fault-2\n", w.in(`{"effect":{"latency":"1ms"}}`, "fault", "add", "-"))
	rules := w.Faults().List()
	require.Equal(t, sluice.FaultRule{ID: "fault-1", Match: sluice.FaultMatch{Operation: "PutRecord", Stream: "orders"}, When: sluice.FaultWhen{After: 2},
		Effect: sluice.FaultEffect{Error: &sluice.FaultError{Code: "InternalFailure", Status: 500}}}, rules[0])
	require.Equal(t, &sluice.FaultEnd{How: sluice.EndReset}, rules[1].Effect.EndSubscription)
	w.ok("streams")
	require.Equal(t, `ID       MATCH                              WHEN     EFFECT                                  SEEN  FIRED
fault-1  operation=PutRecord stream=orders  after=2  error(code=InternalFailure status=500)  0     0
end      consumer=c                         always   endSubscription(events=0 how=reset)     0     0
fault-2  all calls                          always   latency=1ms                             1     1
`, w.ok("fault"))

	var shown struct {
		ID   string
		When struct{ Seed uint64 }
	}
	require.NoError(t, json.Unmarshal([]byte(w.ok("fault", "add", "--probability", "0.5", "--throttle", "--json")), &shown))
	require.NotZero(t, shown.When.Seed)
	require.Contains(t, w.ok("fault", "show", shown.ID), "\n  \"id\": \"fault-3\",\n")
	require.Equal(t, "end has seen 0 calls and struck 0\nfault-3 has seen 0 calls and struck 0\n", w.ok("fault", "delete", "end", "fault-3"))
	require.JSONEq(t, `{"id":"fault-2","match":{},"when":{},"effect":{"latency":"1ms"},"seen":1,"fired":1}`, w.ok("fault", "delete", "fault-2", "--json"))
	require.Equal(t, "1 deleted\n", w.ok("fault", "delete", "--all"))
	require.JSONEq(t, `{"items":[],"next":null}`, w.ok("fault", "list", "--json"))

	for _, c := range []struct {
		code int
		talk string
		args []string
	}{
		{exitFailed, "there is no fault rule x\nhint: GET /_sluice/faults lists them", []string{"show", "x"}},
		{exitFailed, "there is no fault rule x", []string{"delete", "x"}},
		{exitUsage, "name the rules, or give --all", []string{"delete"}},
		{exitUsage, "name the rules, or give --all", []string{"delete", "x", "--all"}},
		{exitUsage, `"often" is not a number`, []string{"add", "--every", "often", "--throttle"}},
		{exitUsage, "--every: it cannot go with a rule in JSON", []string{"add", "--every", "2", `{}`}},
		{exitUsage, "RULE: it is not JSON", []string{"add", "throttle"}},
		{exitFailed, "exactly one effect is needed, 0 are given\nhint: effects are error", []string{"add", "--operation", "PutRecord"}},
		{exitFailed, "with truncate false the rule would never strike", []string{"add", "--truncate=false"}},
	} {
		require.Contains(t, w.fails(c.code, append([]string{"fault"}, c.args...)...), c.talk)
	}
}
