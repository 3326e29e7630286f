package sluice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rooms other than the streams open in files of their own, rooms_*.go. Each
// leaves here what closing and resetting it takes.

// resetRoom removes what a room keeps of an account and a region, of all where
// they are empty, and tells how many resources that were.
type resetRoom func(ctx context.Context, account, region string) (removed int, err error)

// closing is a part that was opened.
type closing struct {
	name string
	f    func() error
}

// onClose adds what the instance closes before its streams and store. What was
// added last closes first. It is for openRooms alone.
func (inst *instance) onClose(name string, f func() error) {
	inst.closings = append(inst.closings, closing{name, f})
}

// closeRooms closes all rooms but the streams.
func (inst *instance) closeRooms() error {
	var err error
	for _, c := range slices.Backward(inst.closings) {
		err = errors.Join(err, wrap("close "+c.name, c.f()))
	}
	return err
}

// resetRooms resets one service, or each in the order of names when service
// is empty.
func (inst *instance) resetRooms(ctx context.Context, service, account, region string) (map[string]int, error) {
	names := slices.Sorted(maps.Keys(inst.resets))
	if service != "" {
		if inst.resets[service] == nil {
			return nil, &UsageError{Setting: "service", Problem: fmt.Sprintf("%q keeps nothing here; these do: %s", service, strings.Join(names, ", "))}
		}
		names = []string{service}
	}
	removed := map[string]int{}
	for _, name := range names {
		n, err := inst.resets[name](ctx, account, region)
		if err != nil {
			return removed, wrap("reset "+name, err)
		}
		removed[name] = n
	}
	return removed, nil
}
