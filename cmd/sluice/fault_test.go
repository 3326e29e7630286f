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
		{exitFailed, "there is no fault rule x\nhint: `sluice fault list` lists them", []string{"show", "x"}},
		{exitFailed, "there is no fault rule x", []string{"delete", "x"}},
		{exitUsage, "name the rules, or give --all", []string{"delete"}},
		{exitUsage, "name the rules, or give --all", []string{"delete", "x", "--all"}},
		{exitUsage, `"often" is not a number`, []string{"add", "--every", "often", "--throttle"}},
		{exitUsage, "--every: it cannot go with a rule in JSON", []string{"add", "--every", "2", `{}`}},
		{exitUsage, "RULE: it is not JSON", []string{"add", "throttle"}},
		{exitUsage, "exactly one effect is needed, 0 are given\nhint: effects are error", []string{"add", "--operation", "PutRecord"}},
		{exitUsage, `"soon" is not a duration such as 250ms`, []string{"add", "--latency", "soon"}},
		{exitUsage, `"1.5" is not a number`, []string{"add", "--every", "1.5", "--throttle"}},
		{exitUsage, `it is before or after, not "maybe"`, []string{"add", "--reset", "maybe"}},
		{exitUsage, `it is clean or reset, not "now"`, []string{"add", "--end-subscription", "now"}},
		{exitUsage, "probability 7 is not above 0 and at most 1", []string{"add", "--probability", "7", "--throttle"}},
		{exitUsage, `no call has the shard "5"`, []string{"add", "--shard", "5", "--throttle"}},
		{exitUsage, `there is no operation "PutRecrd"`, []string{"add", "--operation", "PutRecrd", "--throttle"}},
		{exitUsage, "with truncate false the rule would never strike", []string{"add", "--truncate=false"}},
	} {
		require.Contains(t, w.fails(c.code, append([]string{"fault"}, c.args...)...), c.talk)
	}
}
