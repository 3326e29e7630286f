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
	if account != "" && !accountPattern.MatchString(account) {
		return nil, &UsageError{Setting: "account", Problem: fmt.Sprintf("%q is not an account of 12 digits", account)}
	}
	s.mu.Lock() // no restore meanwhile
	defer s.mu.Unlock()
	inst := s.current.Load()
	if inst == nil || inst.streams.Load() == nil {
		return nil, errNoInstance
	}
	return inst.resetRooms(ctx, service, account, region)
}
