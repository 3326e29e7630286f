package lambda

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// mappingsPerPage is how many mappings a page has at most, whatever MaxItems says.
const mappingsPerPage = 100

// ListEventSourceMappings lists the caller's mappings in the order of their
// UUIDs, of one source, of one function or of all. A function without a
// qualifier stands for the mappings that were made without one.
//
// State: real
// Notes: at most 100 a page
// Test: TestListEventSourceMappings
func (r *Room) ListEventSourceMappings(ctx context.Context, in *lambda.ListEventSourceMappingsInput, _ ...opt) (*lambda.ListEventSourceMappingsOutput, error) {
	after, err := openMarker(in.Marker)
	if err != nil {
		return nil, err
	}
	var function string
	if in.FunctionName != nil {
		f, err := r.parseReference(ctx, *in.FunctionName, nil)
		if err != nil {
			return nil, err
		}
		function = f.arn()
	}
	who := r.caller(ctx)
	all := r.mappingsWhere(func(m *mapping) bool {
		return m.key.Account == who.Account && m.key.Region == who.Region && m.key.UUID > after
	})
	slices.SortFunc(all, func(a, b *mapping) int { return strings.Compare(a.key.UUID, b.key.UUID) })
	out := &lambda.ListEventSourceMappingsOutput{EventSourceMappings: []types.EventSourceMappingConfiguration{}}
	limit := pageSize(in.MaxItems, mappingsPerPage)
	for _, m := range all {
		m.mu.Lock()
		if m.matches(aws.ToString(in.EventSourceArn), function) {
			if len(out.EventSourceMappings) == limit {
				m.mu.Unlock()
				out.NextMarker = sealMarker(*out.EventSourceMappings[limit-1].UUID)
				break
			}
			out.EventSourceMappings = append(out.EventSourceMappings, listed(m.show()))
		}
		m.mu.Unlock()
	}
	return out, nil
}

// matches tells whether a mapping is listed. Empty texts match all. m.mu is held.
func (m *mapping) matches(source, function string) bool {
	return !m.gone && (source == "" || m.now.Source == source) &&
		(function == "" || m.now.Settings.reference().arn() == function)
}

// pageSize is how many items a page has.
func pageSize(asked *int32, most int) int {
	if asked == nil {
		return most
	}
	return min(most, int(*asked))
}

// sealMarker makes a marker of the last item of a page. It is not secret, but
// nobody should think it means something.
func sealMarker(last string) *string {
	return aws.String(base64.RawURLEncoding.EncodeToString([]byte("1/" + last)))
}

func openMarker(marker *string) (after string, err error) {
	if aws.ToString(marker) == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*marker)
	after, ok := strings.CutPrefix(string(raw), "1/")
	if err != nil || !ok {
		return "", errMarker()
	}
	return after, nil
}
