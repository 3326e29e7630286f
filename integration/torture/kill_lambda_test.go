package torture

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lt "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// earName is the function of those who do not wait for its answer.
const earName = "ear"

// ear is that function. It lives in this process, as sink does.
type ear struct {
	server *httptest.Server

	mu    sync.Mutex
	heard map[string]bool // guarded by mu
	said  map[string]bool // by whether it was acknowledged; guarded by mu
}

func newEar() *ear {
	e := &ear{heard: map[string]bool{}, said: map[string]bool{}}
	e.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		e.mu.Lock()
		e.heard[event.Name] = true
		e.mu.Unlock()
		_, _ = io.WriteString(w, "{}")
	}))
	return e
}

func (e *ear) say(name string, acked bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.said[name] = acked
}

// missing names the events that were acknowledged and have not come. One that
// came and nobody sent is an error.
func (e *ear) missing() (names string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.heard {
		if _, ok := e.said[name]; !ok {
			return "", fmt.Errorf("event %q came, which nobody sent", name)
		}
	}
	var late []string
	for name, acked := range e.said {
		if acked && !e.heard[name] {
			late = append(late, name)
		}
	}
	return strings.Join(late, " "), nil
}

// tell invokes a function without waiting for it.
func (k *killing) tell(ctx context.Context, dice *rand.Rand) {
	for n := 0; pause(ctx, dice); n++ {
		name := fmt.Sprintf("e%d.%d", k.rounds, n)
		k.ear.say(name, false)
		_, err := k.calls.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(earName), InvocationType: lt.InvocationTypeEvent, Payload: fmt.Appendf(nil, `{"name":%q}`, name)})
		if err != nil {
			return
		}
		k.calls.answers.hear(eventKind, nil)
		k.ear.say(name, true)
	}
}

// lookAtInvocations waits until all that was acknowledged has come.
func (k *killing) lookAtInvocations(ctx context.Context) error {
	if err := until(ctx, k.ear.missing); err != nil {
		return fmt.Errorf("acknowledged, and not come: %w", err)
	}
	return nil
}

// until waits until nothing is missing any more.
func until(ctx context.Context, missing func() (string, error)) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		late, err := missing()
		if err != nil || late == "" {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%q is missing", late)
		}
	}
}

// program makes, changes and removes functions.
func (k *killing) program(ctx context.Context, dice *rand.Rand) {
	k.cycle(ctx, dice, []string{"function/a", "function/b"}, func(key, was, next string) (err error) {
		_, name := kindOf(key)
		switch {
		case next == absent:
			_, err = k.calls.lambda.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &name})
		case was == absent:
			_, err = k.calls.lambda.CreateFunction(ctx, &lambda.CreateFunctionInput{
				FunctionName: &name, Role: aws.String("arn:aws:iam::000000000000:role/function"), Description: &next,
				Runtime: lt.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &lt.FunctionCode{ZipFile: bootstrap()},
			})
		default:
			_, err = k.calls.lambda.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, Description: &next})
		}
		return err
	})
}

// bootstrap is the code of a function that is never run.
func bootstrap() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.CreateHeader(&zip.FileHeader{Name: "bootstrap"})
	if err == nil {
		_, err = io.WriteString(f, "#!")
	}
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func (c *calls) functionValue(ctx context.Context, name string) (string, error) {
	out, err := c.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	var missing *lt.ResourceNotFoundException
	if errors.As(err, &missing) {
		return absent, nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Description), nil
}
