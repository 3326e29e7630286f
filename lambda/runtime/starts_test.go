package runtime

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

// A function that does not start is warned of at its second try, and then
// rarely; the line says what to do.
func TestStartsThatFail(t *testing.T) {
	for mode, hint := range map[string]string{
		"broken":    "`sluice logs broken` shows what it wrote last",
		"complains": "`sluice logs complains` shows what it wrote last",
		"missing":   "check the command and the folder of its target",
	} {
		t.Run(mode, func(t *testing.T) {
			var log bytes.Buffer
			h := open(t, func(c *Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			})
			h.start(t, mode, func(d *Definition) {
				if mode == "missing" {
					d.Exec.Command = []string{"/nowhere/bootstrap"}
				}
			})
			for range 4 {
				_ = invoke(t, h, mode, `{}`)
			}
			require.NoError(t, h.Close())
			require.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log.String())
			require.Contains(t, log.String(), "a function does not start, again and again")
			require.Contains(t, log.String(), "function="+mode+" starts=2")
			require.Contains(t, log.String(), hint)
		})
	}
	t.Run("one that starts in between begins the count again", func(t *testing.T) {
		p := &processes{}
		p.failed = 1
		p.startWorked()
		require.Zero(t, p.failed)
	})
}

// A process that reports an error of its initialisation ends at once. Who has
// started it hears of the error, however late it looks.
func TestInitialisationErrorOutlivesTheProcess(t *testing.T) {
	h := open(t)
	h.start(t, "complains")
	why := &function.Result{Error: function.Unhandled}
	for range 50 {
		p := newProcess(h.functions[key("complains")].target.(*processes))
		p.initFail = why
		close(p.refused)
		close(p.dead)
		got, err := p.first(&call{}, nil, 0)
		require.NoError(t, err)
		require.Same(t, why, got)
	}
}
