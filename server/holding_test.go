package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"sluice/internal/page"
)

// A plain handler says what it holds of the memory budget, and holds it no longer
// than its call lasts.
func TestPlainHandlersHoldMemory(t *testing.T) {
	s := open(t, &streamsRoom{})
	held := int64(0)
	s.gate.current.Load().Handle(Route{Pattern: "/plain", Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		require.NoError(t, page.From(r.Context()).Resize(r.Context(), 1<<20))
		held = s.budget.held.Load()
	})})
	require.Equal(t, 200, ask(t, s, "GET", "/plain", "").status)
	require.Equal(t, int64(1<<20), held)
	require.Zero(t, s.budget.held.Load())
}

// Bodies that are small, or may be, and do not come leave the other accounts the
// memory that large ones leave them.
func TestSmallBodiesThatStandStillLeaveRoom(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.MemoryLimit = 1 << 20 })
	_, f := http2Conn(t, s)
	block := headerBlock(t, "authorization", signed, "x-amz-date", "x")
	for i := range uint32(200) {
		require.NoError(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: block, EndHeaders: true}))
	}
	full := func() bool { return s.budget.held.Load() > s.budget.limit*3/4 }
	eventually(t, "they hold what one account may", full)
	other := strings.Replace(signed, "Credential=", "Credential=222222222222/20260105/us-east-1/kinesis/aws4_request,X=", 1)
	for range 3 {
		a := ask(t, s, "POST", "/", "{}", "Authorization", other, "X-Amz-Date", "x", "Content-Type", json11Type, "X-Amz-Target", "Kinesis_20131202.ListStreams")
		require.Equal(t, 200, a.status, a.body)
	}
	require.True(t, full(), "they are still there")
}

// An HTTP/2 connection may send no more than little before somebody has room for
// it: what net/http keeps of it counts in no budget.
func TestWindowsOfHTTP2(t *testing.T) {
	s := open(t, &streamsRoom{})
	_, f := http2Conn(t, s)
	window, stream := uint32(65535), uint32(0)
	for {
		frame, err := f.ReadFrame()
		require.NoError(t, err)
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if v, ok := frame.Value(http2.SettingInitialWindowSize); ok {
				stream = v
			}
			continue
		case *http2.WindowUpdateFrame:
			window += frame.Increment
		}
		break
	}
	require.Equal(t, uint32(connectionWindow), window)
	require.Equal(t, uint32(streamWindow), stream)
}

// Where keys are checked, nobody takes an account's share of the memory by naming
// the account and no key of it.
func TestStrangersShareMemory(t *testing.T) {
	for _, c := range []struct {
		name    string
		keys    Keyring
		key     string
		account string
	}{
		{"nothing is checked", nil, "111111111111", "111111111111"},
		{"nothing is checked or named", nil, "", "000000000000"},
		{"a key that is known", testKeys, "AKIDONE", "111111111111"},
		{"a key that looks like an account", testKeys, "111111111111", strangers},
		{"no key", testKeys, "", strangers},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodPost, "/", nil)
			require.NoError(t, err)
			x := &exchange{s: &Server{cfg: Config{Keys: c.keys, Account: "000000000000"}}, r: r, scope: scope{key: c.key}}
			x.find()
			require.Equal(t, c.account, x.account())
		})
	}
}
