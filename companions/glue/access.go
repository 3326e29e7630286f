package glue

import (
	"context"

	"sluice/internal/access"
	"sluice/internal/arn"
	"sluice/internal/caller"
)

// allow asks the policies of the caller, where signatures are checked and it
// has any, about one resource that a call is about: "catalog",
// "database/NAME" or "table/DATABASE/NAME". A call is asked about each on its
// way down. Catalogs have no policies of their own here, so that those of other
// accounts are closed.
func allow(ctx context.Context, k catalogKey, resource string) error {
	who, _ := caller.From(ctx)
	if who.Identity() == nil || who.Ask == nil {
		return nil
	}
	name := "arn:" + arn.Partition(k.region) + ":glue:" + k.region + ":" + k.account + ":" + resource
	q := access.Ask(who, "glue:"+who.Ask.Operation(), name)
	err := q.OfIdentity()
	if err == nil && who.Account != k.account {
		err = q.Refused()
	}
	if err != nil {
		return refusal("AccessDeniedException", "%s", err)
	}
	return nil
}
