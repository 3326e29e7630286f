package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// functionsPerPage is how many functions and versions a page has at most.
const functionsPerPage = 50

// ListFunctions lists the caller's functions in the order of their names, with
// FunctionVersion ALL every version of each. Functions that were registered
// otherwise are not in it.
//
// State: real
// Notes: at most 50 a page
// Test: TestListFunctions
func (r *Room) ListFunctions(ctx context.Context, in *lambda.ListFunctionsInput, _ ...opt) (*lambda.ListFunctionsOutput, error) {
	after, err := openMarker(in.Marker)
	if err != nil {
		return nil, err
	}
	who := r.caller(ctx)
	out := &lambda.ListFunctionsOutput{Functions: []types.FunctionConfiguration{}}
	limit := pageSize(in.MaxItems, functionsPerPage)
	var last string
	for _, f := range r.functionsWhere(who.Account, who.Region) {
		for _, row := range f.rows(in.FunctionVersion == types.FunctionVersionAll) {
			if row.place <= after {
				continue
			}
			if len(out.Functions) == limit {
				out.NextMarker = sealMarker(last)
				return out, nil
			}
			out.Functions = append(out.Functions, *row.shown)
			last = row.place
		}
	}
	return out, nil
}

// row is a version in a list; place orders rows over functions.
type row struct {
	place string
	shown *types.FunctionConfiguration
}

// rows lists $LATEST, and every version after it when all is set.
func (f *deployed) rows(all bool) []row {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil
	}
	ref := reference{Key: f.key}
	if !all {
		return []row{{f.key.Name, f.now.Latest.show(ref)}}
	}
	ref.Qualifier = latest
	rows := []row{{f.key.Name + "/" + latest, f.now.Latest.show(ref)}}
	for _, number := range f.numbers() {
		c := f.versions[number]
		ref.Qualifier = number
		rows = append(rows, row{f.key.versionKey(number)[len(versionPrefix+f.key.Account+"/"+f.key.Region+"/"):], c.show(ref)})
	}
	return rows
}
