package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// heatCommand shows the heat report of a stream.
func (p *program) heatCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "heat STREAM", Short: "Show what the shards of a stream carry against their limits", GroupID: groupStreams,
		Long: "Show what the shards of a stream carry against their limits, what was refused and why, which keys\n" +
			"are heavy, and where a split would divide the load best. Only Sluice can tell.",
		Example: `  sluice heat orders
  sluice heat orders --window 5m
  sluice heat orders --json`,
		Args: cobra.ExactArgs(1),
	}
	h := &heat{program: p, admin: p.addAdmin(cmd)}
	flags := cmd.Flags()
	flags.DurationVar(&h.window, "window", time.Minute, "what to look at, from 1s to 15m of service time")
	flags.StringVar(&h.region, "region", "", "region ($AWS_REGION, $AWS_DEFAULT_REGION; default the server's)")
	flags.StringVar(&h.account, "account", "", "account (default the server's)")
	flags.BoolVar(&h.asJSON, "json", false, "print the document as it comes")
	cmd.RunE = h.run
	return cmd
}

type heat struct {
	*program
	admin           *admin
	window          time.Duration
	region, account string
	asJSON          bool
}

// heatReport is the part of the document that the table shows.
type heatReport struct {
	Shards    []heatShard
	Decisions []struct {
		At             time.Time
		Action, Reason string
		Shards         []string
	}
}

type heatShard struct {
	ShardID string
	In, Out struct{ BytesPerSecond, RecordsPerSecond, LimitFraction float64 }
	Refused []struct {
		Reason string
		Count  uint64
	}
	Keys []struct {
		Key      string
		Fraction float64
	}
	Split *struct {
		At          string
		Left, Right float64
	}
}

func (h *heat) run(cmd *cobra.Command, args []string) error {
	query := url.Values{"window": {h.window.String()}}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if value, _ := h.env(name); h.region == "" {
			h.region = value
		}
	}
	for name, value := range map[string]string{"region": h.region, "account": h.account} {
		if value != "" {
			query.Set(name, value)
		}
	}
	status, answer, err := h.admin.call(cmd.Context(), http.MethodGet, "/_sluice/streams/"+url.PathEscape(args[0])+"/heat?"+query.Encode(), nil, 0)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refused(status, answer)
	}
	if h.asJSON {
		_, err = h.stdout.Write(answer)
		return err
	}
	var doc heatReport
	if err := json.Unmarshal(answer, &doc); err != nil {
		return fmt.Errorf("the server's answer is not a heat report: %w", err)
	}
	table := tabwriter.NewWriter(h.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SHARD\tIN\tOF LIMIT\tOUT\tOF LIMIT\tREFUSED\tHEAVIEST KEYS\tBEST SPLIT")
	for i := range doc.Shards {
		s := &doc.Shards[i]
		fmt.Fprintf(table, "%s\t%s\t%.0f%%\t%s\t%.0f%%\t%s\t%s\t%s\n", s.ShardID,
			rateText(s.In.RecordsPerSecond, s.In.BytesPerSecond), 100*s.In.LimitFraction,
			rateText(s.Out.RecordsPerSecond, s.Out.BytesPerSecond), 100*s.Out.LimitFraction, s.refusals(), s.heaviest(), s.bestSplit())
	}
	for _, d := range doc.Decisions {
		defer fmt.Fprintf(h.stdout, "%s  %s %s: %s\n", d.At.UTC().Format(time.RFC3339), d.Action, strings.Join(d.Shards, " "), d.Reason)
	}
	return table.Flush()
}

// rateText is records and bytes a second.
func rateText(records, bytes float64) string {
	unit := "B"
	for _, next := range []string{"KiB", "MiB", "GiB"} {
		if bytes < 1024 {
			break
		}
		bytes, unit = bytes/1024, next
	}
	return fmt.Sprintf("%.4g rec/s, %.3g %s/s", records, bytes, unit)
}

func (s *heatShard) refusals() string {
	parts := make([]string, len(s.Refused))
	for i, r := range s.Refused {
		parts[i] = fmt.Sprint(r.Count, " ", r.Reason)
	}
	return orDash(strings.Join(parts, ", "))
}

// heaviest names three keys; the document has more.
func (s *heatShard) heaviest() string {
	parts := make([]string, min(len(s.Keys), 3))
	for i := range parts {
		parts[i] = fmt.Sprintf("%s %.0f%%", s.Keys[i].Key, 100*s.Keys[i].Fraction)
	}
	return orDash(strings.Join(parts, ", "))
}

func (s *heatShard) bestSplit() string {
	if s.Split == nil {
		return "-"
	}
	return fmt.Sprintf("%s (%.0f%% | %.0f%%)", s.Split.At, 100*s.Split.Left, 100*s.Split.Right)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
