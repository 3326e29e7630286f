package memkv

import (
	"maps"
	"slices"

	"sluice/store/kv"
)

// Pause holds back all changes until resume is called, so that several
// catalogs and logs can be looked at in one moment.
func (s *Space) Pause() (resume func()) {
	s.mu.RLock()
	return s.mu.RUnlock
}

// Values returns all entities as they are, while the space is paused.
func (s *Space) Values() map[string]kv.Value { return maps.Clone(s.values) }

// Load returns a space with entities.
func Load(values map[string]kv.Value) *Space {
	return &Space{values: maps.Clone(values), keys: slices.Sorted(maps.Keys(values))}
}
