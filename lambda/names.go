package lambda

import (
	"context"
	"strings"

	"sluice/internal/arn"
	"sluice/internal/caller"
)

// latest is the version that can still change.
const latest = "$LATEST"

// functionKey names a function.
type functionKey struct{ Account, Region, Name string }

func (k functionKey) String() string { return k.Account + "/" + k.Region + "/" + k.Name }

// arn is the unqualified ARN.
func (k functionKey) arn() string {
	return "arn:" + arn.Partition(k.Region) + ":lambda:" + k.Region + ":" + k.Account + ":function:" + k.Name
}

// reference is a function as a client names it: with a version or an alias, or
// without.
type reference struct {
	Key       functionKey
	Qualifier string // empty when none was given
}

// arn has the qualifier only when one was given.
func (f reference) arn() string {
	if f.Qualifier == "" {
		return f.Key.arn()
	}
	return f.Key.arn() + ":" + f.Qualifier
}

// parseReference reads a bare name, a partial or a full ARN, each with or
// without a qualifier. The model's patterns have been checked. A region other
// than the caller's is an error.
func (r *Room) parseReference(ctx context.Context, text string, qualifier *string) (reference, error) {
	who := r.caller(ctx)
	f := referenceOf(who.Account, who.Region, text)
	if qualifier != nil && *qualifier != "" {
		if f.Qualifier != "" && f.Qualifier != *qualifier {
			return f, errQualifierMismatch()
		}
		f.Qualifier = *qualifier
	}
	if f.Key.Region != who.Region {
		return f, errOtherRegion(f.Key.Region, who.Region)
	}
	return f, nil
}

// ARNOf spells out what a client calls a function, in whatever form.
func ARNOf(who caller.Caller, text string) string {
	return referenceOf(who.Account, who.Region, text).arn()
}

// referenceOf reads what text says, and takes the rest from who asks.
func referenceOf(account, region, text string) reference {
	f := reference{Key: functionKey{Account: account, Region: region}}
	rest := text
	if after, ok := strings.CutPrefix(rest, "arn:"); ok {
		parts := strings.SplitN(after, ":", 3) // partition, lambda, the rest
		rest = parts[len(parts)-1]
	}
	parts := strings.Split(rest, ":")
	if len(parts) > 1 && isRegion(parts[0]) {
		f.Key.Region, parts = parts[0], parts[1:]
	}
	if len(parts) > 1 && isAccount(parts[0]) {
		f.Key.Account, parts = parts[0], parts[1:]
	}
	if len(parts) > 1 && parts[0] == "function" {
		parts = parts[1:]
	}
	f.Key.Name = parts[0]
	if len(parts) > 1 {
		f.Qualifier = parts[1]
	}
	return f
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isRegion is as strict as telling a region from a function's name takes: the
// model wants two hyphens and a digit at the end.
func isRegion(s string) bool {
	return strings.Count(s, "-") >= 2 && strings.ContainsAny(s[len(s)-1:], "0123456789")
}
