package server

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// origins decides which web pages may call. Every web page a user opens can
// reach a server on the user's own machine, so a page from elsewhere is
// refused before any room sees it, also when its request is a simple one that
// browsers send without asking.
type origins struct {
	allowed []string // lower case; empty: loopback pages
	hosts   hosts
}

// allows tells whether the origin of a page may call a server asked as host.
func (o *origins) allows(origin, host, local string) bool {
	origin = strings.ToLower(origin)
	if slices.Contains(o.allowed, "*") || slices.Contains(o.allowed, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // "null" is what sandboxed pages and files send
	}
	if len(o.allowed) == 0 && isLoopbackName(u.Hostname()) {
		return true
	}
	// A page that came from here, provided that here is a name we know: any
	// name can be made to resolve to this machine.
	return u.Host == strings.ToLower(host) && o.hosts.know(host, local)
}

// hosts are the names under which this server is meant to be reached.
type hosts struct {
	names []string // lower case, without ports
}

// know tells whether host (with or without port) is a loopback, a listen
// address, a configured name, or the address the connection came in on.
func (h *hosts) know(host, local string) bool {
	name := bareHost(host)
	return isLoopbackName(name) || slices.Contains(h.names, name) || name != "" && name == bareHost(local)
}

// bareHost is a host without its port, in lower case. What stands where a port
// should and is none stays, so that no name is known by it.
func bareHost(host string) string {
	if name, port, err := net.SplitHostPort(host); err == nil && strings.Trim(port, "0123456789") == "" {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func isLoopbackName(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// localAddress is the address a request's connection came in on.
func localAddress(r *http.Request) string {
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return a.String()
	}
	return ""
}

const exposedHeaders = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"

// admitOrigin refuses calls of foreign web pages and reports whether the call
// may go on. It also answers preflights: OPTIONS with an Origin.
func (x *exchange) admitOrigin() bool {
	origin, crossSite := pageOf(x.r)
	if origin == "" && !crossSite {
		return x.admitBrowser()
	}
	if origin == "" || !x.s.origins.allows(origin, x.r.Host, localAddress(x.r)) {
		x.replyXML(http.StatusForbidden, "AccessDeniedException",
			"Web pages of this origin may not call; allow it with --cors-origins")
		return false
	}
	x.origin = origin
	return true
}

// admitBrowser refuses what a browser asks by a name that is not known to be this
// machine's: the name may be a page's own, made to resolve to this machine, and the
// page reads what it gets as if it came from there. By GET no header says so, nor
// has a name in the clear Sec-Fetch headers. But browsers say which languages
// they want, and no page can keep them from it, only have them say it with nothing or
// something else in the header; of programs Node.js does too, with a
// Sec-Fetch-Mode. Who checks signatures or has a certificate is not in danger. It
// reports whether the call may go on.
func (x *exchange) admitBrowser() bool {
	h := x.r.Header
	program := len(h["Accept-Language"]) == 0 || h.Get("Sec-Fetch-Mode") != "" && h.Get("Sec-Fetch-Site") == ""
	if program || x.r.TLS != nil || x.s.cfg.Keys != nil || x.s.origins.allows("http://"+x.r.Host, x.r.Host, localAddress(x.r)) {
		return true
	}
	x.replyXML(http.StatusForbidden, "AccessDeniedException",
		"Web browsers are not served by this name; use localhost or a listen address, or start the server with --host-name")
	return false
}

// pageOf is the origin of the page that a request comes from, and whether the
// browser calls it another site. Several origins are none that anybody allows.
func pageOf(r *http.Request) (origin string, crossSite bool) {
	origin = r.Header.Get("Origin")
	if len(r.Header.Values("Origin")) > 1 {
		origin = "null"
	}
	return origin, slices.ContainsFunc(r.Header.Values("Sec-Fetch-Site"), func(site string) bool { return strings.EqualFold(site, "cross-site") })
}

// fromPage tells whether a request comes from a web page, as browsers say.
func fromPage(r *http.Request) bool {
	origin, _ := pageOf(r)
	return origin != "" || len(r.Header.Values("Sec-Fetch-Site")) > 0
}

// admitHost refuses calls of services that can start a process, when they come
// by a name that is not known to be this machine's, or from a web page and say
// what such a process runs. It reports whether the call may go on.
func (x *exchange) admitHost() bool {
	if len(x.s.cfg.Makers) > 0 && fromPage(x.r) && x.r.Method != http.MethodOptions &&
		slices.Contains(x.s.cfg.Makers, x.event.Service+":"+x.event.Operation) {
		x.reply(http.StatusForbidden, http.Header{"Content-Type": {plainJSON}, "X-Amzn-Errortype": {"AccessDeniedException"}},
			[]byte(`{"Type":"User","message":"Web pages may not say what a process runs; call this operation from a program"}`))
		return false
	}
	if !slices.Contains(x.s.cfg.Starters, x.event.Service) || x.s.origins.hosts.know(x.r.Host, localAddress(x.r)) {
		return true
	}
	x.reply(http.StatusForbidden, http.Header{"Content-Type": {plainJSON}, "X-Amzn-Errortype": {"AccessDeniedException"}},
		[]byte(`{"Type":"User","message":"This service can start processes and is not served by that name; use localhost or a listen address, or start the server with --host-name"}`))
	return false
}

// preflight answers an OPTIONS of a page that may call. It reports whether it
// did.
func (x *exchange) preflight() bool {
	if x.r.Method != http.MethodOptions || x.origin == "" {
		return false
	}
	h := http.Header{"Access-Control-Max-Age": {"172800"}}
	echo := func(asked, answer string) {
		if v := x.r.Header.Get(asked); v != "" {
			h.Set(answer, v)
		}
	}
	echo("Access-Control-Request-Headers", "Access-Control-Allow-Headers")
	echo("Access-Control-Request-Method", "Access-Control-Allow-Methods")
	echo("Access-Control-Request-Private-Network", "Access-Control-Allow-Private-Network")
	x.longID = false
	x.reply(http.StatusOK, h, nil)
	return true
}

// stampOrigin adds what browsers want to see in an answer.
func (x *exchange) stampOrigin(h http.Header) {
	if x.origin == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", x.origin)
	h.Add("Vary", "Origin")
	if x.r.Method != http.MethodOptions {
		h.Set("Access-Control-Expose-Headers", exposedHeaders)
	}
}
