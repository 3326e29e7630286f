package sluice

import (
	"context"
	"reflect"
	"slices"

	"sluice/server"
)

// Reload tells what came of new settings.
type Reload struct {
	// Applied and NeedsRestart name the settings that changed.
	Applied, NeedsRestart []string
}

// Reload takes new settings: log level, limits, fault rules, functions and seeds
// count at once; what else differs is named in NeedsRestart and stays as it was.
// Functions that are gone from the settings are removed. Seeds that are new or
// changed are applied; streams and mappings whose seed is gone stay.
func (s *Sluice) Reload(ctx context.Context, c Config) (Reload, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return Reload{}, err
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
	var out Reload
	// First what can be refused: then nothing has been applied.
	functions := !reflect.DeepEqual(c.Functions, s.live.Functions)
	if functions {
		if err := s.configureFunctions(c.Functions); err != nil {
			return out, err
		}
		s.live.Functions = c.Functions
	}
	rules, err := s.configureFaults(c.Faults)
	if err != nil {
		return out, err
	}
	for _, setting := range Settings() {
		if slices.Equal(setting.get(&c), setting.get(&s.live)) {
			continue
		}
		if setting.Live {
			out.Applied = append(out.Applied, setting.Flag)
		} else {
			out.NeedsRestart = append(out.NeedsRestart, setting.Flag)
		}
	}
	if !reflect.DeepEqual(c.Runtimes, s.live.Runtimes) {
		out.NeedsRestart = append(out.NeedsRestart, "runtimes")
	}
	if s.level != nil {
		s.level.Set(c.LogLevel)
	}
	s.live.LogLevel = c.LogLevel
	s.setLimits(c.Limits)
	if rules {
		out.Applied = append(out.Applied, "faults")
	}
	if functions {
		out.Applied = append(out.Applied, "functions")
	}
	err = s.reloadSeeds(ctx, c, &out)
	return out, err
}

// reloadSeeds applies the seeds of streams and mappings that have changed.
func (s *Sluice) reloadSeeds(ctx context.Context, c Config, out *Reload) error {
	streams, mappings := !sameSeeds(c.Streams, s.live.Streams), !reflect.DeepEqual(c.Mappings, s.live.Mappings)
	if !streams && !mappings {
		return nil
	}
	inst := s.current.Load()
	if inst == nil {
		return errNoInstance
	}
	ctx, cancel := context.WithTimeout(ctx, seedPatience)
	defer cancel()
	if streams {
		s.seeder(inst).apply(ctx, c.Streams)
		s.live.Streams = c.Streams
		s.seeds.Store(&c.Streams)
		out.Applied = append(out.Applied, "kinesis.streams")
	}
	if mappings {
		mappingSeeder{s.seeder(inst)}.apply(ctx, c.Mappings)
		s.live.Mappings = c.Mappings
		s.mappings.Store(&c.Mappings)
		out.Applied = append(out.Applied, "mappings")
	}
	return nil
}

func (s *Sluice) seeder(inst *instance) seeder {
	return seeder{mounts: inst.mounts, host: s.host, log: s.log, region: s.config.Region, account: s.config.Account, streams: inst.streams.Load()}
}

// reloadHook is what POST /_sluice/reload calls.
func (s *Sluice) reloadHook(ctx context.Context) (server.Reloaded, error) {
	c, err := s.config.Reloaded()
	if err != nil {
		return server.Reloaded{}, err
	}
	out, err := s.Reload(ctx, c)
	return server.Reloaded{Applied: out.Applied, NeedsRestart: out.NeedsRestart}, err
}
