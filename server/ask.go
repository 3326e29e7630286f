package server

import (
	"net/netip"
	"strconv"
	"time"

	"sluice/internal/caller"
)

// Operation implements caller.Ask.
func (x *exchange) Operation() string { return x.event.Operation }

// Identity implements caller.Ask.
func (x *exchange) Identity() *caller.Identity { return x.identity }

// Circumstances implements caller.Ask. Dates are service time, as everything
// is that a service decides by.
func (x *exchange) Circumstances() map[string][]string {
	now := x.s.cfg.Service.Now().UTC()
	out := map[string][]string{
		"aws:currenttime":     {now.Format(time.RFC3339)},
		"aws:epochtime":       {strconv.FormatInt(now.Unix(), 10)},
		"aws:securetransport": {strconv.FormatBool(x.r.TLS != nil)},
	}
	if peer, err := netip.ParseAddrPort(x.r.RemoteAddr); err == nil {
		out["aws:sourceip"] = []string{peer.Addr().Unmap().WithZone("").String()}
	}
	if agent := x.r.UserAgent(); agent != "" {
		out["aws:useragent"] = []string{agent}
	}
	if from := x.r.Referer(); from != "" {
		out["aws:referer"] = []string{from}
	}
	return out
}

// inside is a call that Sluice makes by itself: it names its operation, and no
// policy of an identity holds for it.
type inside struct{ op *operation }

// Operation implements caller.Ask.
func (i inside) Operation() string { return i.op.Name }

// Identity implements caller.Ask.
func (inside) Identity() *caller.Identity { return nil }

// Circumstances implements caller.Ask.
func (inside) Circumstances() map[string][]string { return nil }
