package runtime

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"sluice/lambda/function"
)

// remote is a target behind another Lambda API.
type remote struct{ poster }

func newRemote(h *Host, d *Definition) *remote {
	at := strings.TrimRight(d.Endpoint.URL, "/") + "/2015-03-31/functions/" + url.PathEscape(d.Endpoint.Function) + "/invocations"
	return &remote{newPoster(h, at, d.Endpoint.Concurrency)}
}

// run implements target. It sends neither Qualifier nor a log type: SAM local
// refuses any query, and any log type but None.
func (t *remote) run(ctx context.Context, c *call) (function.Result, error) {
	header := plainHeader(c)
	header.Set("X-Amz-Invocation-Type", "RequestResponse")
	// Emulators route by the scope of a signature and do not check it.
	now := t.host.cfg.Host.Now()
	header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
	header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.Account+"/"+now.Format("20060102")+"/"+c.Region+
		"/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
	r, err := t.post(ctx, c, header)
	if err != nil {
		return settled(c, err)
	}
	return t.understand(c, r)
}

func (t *remote) understand(c *call, r *reply) (function.Result, error) {
	kind := r.header.Get("X-Amz-Function-Error")
	code, _, _ := strings.Cut(r.header.Get("X-Amzn-Errortype"), ":")
	switch {
	case r.size > MaxAnswer:
		return answerTooLarge(r.size), nil
	case r.status == http.StatusOK && kind == function.Handled:
		return function.Result{Payload: r.body, Error: kind}, nil
	case r.status == http.StatusOK && (kind != "" || isFailure(r.body)):
		return function.Result{Payload: r.body, Error: function.Unhandled}, nil
	case r.status == http.StatusOK && len(r.body) == 0:
		// A function that returns nothing answers null. SAM local sends an empty
		// body when the time was over or the container is gone.
		return failed("Sandbox.Timedout", "RequestId: %s Error: %s answered nothing", c.RequestID, t.url), nil
	case r.status == http.StatusOK:
		return function.Result{Payload: r.body}, nil
	case r.status == http.StatusTooManyRequests:
		return function.Result{}, &function.NotInvoked{Code: or(code, "TooManyRequestsException"), Throttled: true, Message: excerpt(r.body)}
	case r.status == http.StatusNotFound:
		return function.Result{}, &function.NotInvoked{Code: or(code, "ResourceNotFoundException"),
			Message: t.url + " knows no such function: " + excerpt(r.body)}
	}
	return function.Result{}, &function.NotInvoked{Code: or(code, "ServiceException"),
		Message: t.url + " did not take the event: status " + http.StatusText(r.status) + ", " + excerpt(r.body)}
}
