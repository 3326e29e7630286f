package sluice

import (
	"context"
	"fmt"
)

// Reset removes what the services keep: of one service, account or region, or
// of all where a name is empty. It returns how many resources of each service
// are gone: streams, with their records, consumers, tags and policies. Settings
// of accounts go too; seeds do not come back by themselves.
func (s *Sluice) Reset(ctx context.Context, service, account, region string) (map[string]int, error) {
	if service != "" && service != kinesisID {
		return nil, &UsageError{Setting: "service", Problem: fmt.Sprintf("%q keeps nothing here; %s does", service, kinesisID)}
	}
	if account != "" && !accountPattern.MatchString(account) {
		return nil, &UsageError{Setting: "account", Problem: fmt.Sprintf("%q is not an account of 12 digits", account)}
	}
	s.mu.Lock() // no restore meanwhile
	defer s.mu.Unlock()
	room, err := s.room()
	if err != nil {
		return nil, err
	}
	removed, err := room.Reset(ctx, account, region)
	return map[string]int{kinesisID: removed}, err
}
