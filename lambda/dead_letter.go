package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sluice/lambda/function"
	"sluice/lambda/poller"
)

// maxErrorText is how much of an error's text goes with a dead letter.
const maxErrorText = 1 << 10

// bury sends an asynchronous invocation that was given up to the dead-letter
// target of its function, once, as the service does. What does not get there
// is kept in the built-in sink.
func (r *Room) bury(w *waiting, result function.Result, err error) {
	to := r.deadLetterTarget(w)
	if to == "" {
		return
	}
	code, text := obituary(result, err)
	letter := poller.Failure{Account: w.Account, Region: w.Region, Destination: to, At: r.clock.Now(), Document: w.payload, Payload: []byte("null"),
		Attributes: []poller.Attribute{{Name: "RequestID", Type: "String", Value: w.RequestID},
			{Name: "ErrorCode", Type: "Number", Value: strconv.Itoa(code)}, {Name: "ErrorMessage", Type: "String", Value: text}}}
	name := "aws/lambda/dead-letters/" + w.Name + "/" + w.RequestID
	if r.config.Destinations != nil {
		known, err := r.config.Destinations.Deliver(r.life, letter, name)
		if err != nil {
			r.config.Logger.Warn("a dead letter did not get to its target; /_sluice/failures has it", "function", w.Name, "target", to, "error", err)
		}
		if known && err == nil {
			return
		}
	}
	if err := r.sink.add(context.WithoutCancel(r.life), letter, name); err != nil {
		r.config.Logger.Error("a dead letter could not be kept", "function", w.Name, "requestId", w.RequestID, "error", err)
	}
}

// deadLetterTarget is the target of the version that an event was for, empty
// for none.
func (r *Room) deadLetterTarget(w *waiting) string {
	f, err := r.function(reference{functionKey{w.Account, w.Region, w.Name}, w.Qualifier})
	if err != nil {
		return ""
	}
	defer f.mu.Unlock()
	c, _ := f.resolve(w.Qualifier)
	return c.DeadLetter
}

// obituary is the status and the text of the last attempt.
func obituary(result function.Result, err error) (code int, text string) {
	refused := (*function.NotInvoked)(nil)
	switch {
	case err == nil:
		var document struct {
			Text string `json:"errorMessage"`
		}
		if json.Unmarshal(result.Payload, &document) != nil || document.Text == "" {
			document.Text = string(result.Payload)
		}
		code, text = http.StatusOK, document.Text
	case errors.As(err, &refused) && refused.Throttled:
		code, text = http.StatusTooManyRequests, refused.Message
	case isMissing(err):
		code, text = http.StatusNotFound, err.Error()
	default:
		code, text = http.StatusInternalServerError, err.Error()
	}
	if text = strings.ToValidUTF8(text[:min(len(text), maxErrorText)], ""); text == "" {
		text = "no error message" // an attribute cannot be empty
	}
	return code, text
}

// checkDeadLetter refuses what is no target. An empty one takes it away.
func checkDeadLetter(c *types.DeadLetterConfig) error {
	if c == nil || aws.ToString(c.TargetArn) == "" {
		return nil
	}
	if to := *c.TargetArn; !isDestination(to) || strings.Split(to, ":")[2] == "s3" {
		return errDeadLetter(to)
	}
	return nil
}
