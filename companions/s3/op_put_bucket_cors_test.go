package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCORS(t *testing.T) {
	w := begin(t).bucket("pages")
	preflight := func(origin, method, headers string) *answer {
		return w.do(http.MethodOptions, "/pages/key", "", "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
	}
	preflight("http://a.example", "GET", "").fails(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
	w.get("/pages?cors").fails(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
	w.put("/pages?cors", `<CORSConfiguration><CORSRule><AllowedOrigin>http://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>`)
	w.get("/pages?cors").ok().has("<AllowedOrigin>http://*.example</AllowedOrigin>", "<MaxAgeSeconds>60</MaxAgeSeconds>")
	a := preflight("http://a.example", "GET", "X-Amz-Date").ok()
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "http://a.example", "Access-Control-Allow-Methods": "GET", "Access-Control-Allow-Headers": "x-amz-date",
		"Access-Control-Expose-Headers": "ETag", "Access-Control-Max-Age": "60", "Access-Control-Allow-Credentials": "true",
	} {
		require.Equal(t, want, a.header.Get(name), name)
	}
	forbidden := "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
	preflight("http://other", "GET", "").fails(403, "AccessForbidden", forbidden)
	preflight("http://a.example", "PUT", "").fails(403, "AccessForbidden", forbidden)
	preflight("http://a.example", "GET", "Cookie").fails(403, "AccessForbidden", forbidden)
	preflight("http://a.example", "PATCH", "").fails(400, "BadRequest", "Invalid Access-Control-Request-Method: PATCH")
	w.put("/pages/key", "x")
	require.Equal(t, "http://b.example", w.get("/pages/key", "Origin", "http://b.example").ok().header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, w.get("/pages/key", "Origin", "http://other").ok().header.Get("Access-Control-Allow-Origin"))

	for rule, message := range map[string]string{
		"<AllowedOrigin>http://**</AllowedOrigin><AllowedMethod>GET</AllowedMethod>":                           `AllowedOrigin "http://**" can not have more than one wildcard.`,
		"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>":                                 "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
		"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>a b</AllowedHeader>": `AllowedHeader "a b" contains invalid character.`,
	} {
		w.do(http.MethodPut, "/pages?cors", "<CORSConfiguration><CORSRule>"+rule+"</CORSRule></CORSConfiguration>").fails(400, "InvalidRequest", message)
	}
	w.do(http.MethodDelete, "/pages?cors", "").ok()
	w.get("/pages?cors").fails(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
}
