package sluice

import "context"

// Coverage is the table of operations that this program mounts, without
// serving them.
func Coverage(ctx context.Context) ([]Operation, error) {
	s, err := prepare(Config{Memory: true})
	if err != nil {
		return nil, err
	}
	inst, err := s.openStore(ctx)
	if err != nil {
		return nil, err
	}
	s.current.Store(inst)
	if s.clock, err = s.keeper.attach(ctx, inst.store, s.config); err == nil {
		err = s.openRooms(ctx, inst)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s.Operations(), s.Close()
}
