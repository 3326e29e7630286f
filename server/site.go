package server

import (
	"net/http"

	"sluice/internal/coverage"
)

// Site is a service whose hosts and paths its users make up, the bucket store:
// everything signed for it is its own, and so is what it claims of the
// requests that nothing else is known for. It answers alone, as the handler of
// a Route does.
type Site struct {
	// Service is its id and its name in signatures.
	Service string
	// Claims tells whether a request without a signature, or with one that
	// does not say for whom, is meant for it.
	Claims func(r *http.Request) bool
	// Operation names what a request asks for, empty for nothing known.
	Operation func(r *http.Request) string
	// Address is as of a Route.
	Address func(r *http.Request) (bucket, key string)
	Handler http.Handler
	Fail    func(w http.ResponseWriter, r *http.Request, status int, code, message string)
	Busy    Busy // as of a Route
	// Coverage lists its operations.
	Coverage []coverage.Entry
}

// HandleSite adds a site. There is one at most.
func (m *Mounts) HandleSite(site Site) { m.site = &site }

// routeSite finds whether a request is for the site.
func (m *Mounts) routeSite(r *http.Request, sc *scope) (route, bool) {
	s := m.site
	if s == nil || sc.service != s.Service && (sc.service != "" || !s.Claims(r)) {
		return route{}, false
	}
	plain := &Route{
		Service: s.Service, Operation: s.Operation(r), Handler: s.Handler, Fail: s.Fail, Busy: s.Busy, Address: s.Address,
		SigningName: s.Service, Anonymous: true, // it asks its policies
	}
	return route{front: frontPlain, name: plain.Operation, plain: plain, site: true}, true
}

// siteOperations are the rows of the site in the coverage table.
func (m *Mounts) siteOperations() (list []Operation) {
	if m.site == nil {
		return nil
	}
	for _, e := range m.site.Coverage {
		list = append(list, Operation{Service: m.site.Service, Operation: e.Operation, State: e.State, Notes: e.Notes, Test: e.Test})
	}
	return list
}

// siteRoutes are the operations of the site, for fault rules.
func (m *Mounts) siteRoutes() (list []Route) {
	if m.site == nil {
		return nil
	}
	for _, e := range m.site.Coverage {
		list = append(list, Route{Service: m.site.Service, Operation: e.Operation, Fail: m.site.Fail, Busy: m.site.Busy})
	}
	return list
}
