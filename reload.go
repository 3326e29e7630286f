package sluice

import (
	"context"
	"slices"

	"sluice/server"
)

// Reload tells what came of new settings.
type Reload struct {
	// Applied and NeedsRestart name the settings that changed.
	Applied, NeedsRestart []string
}

// Reload takes new settings: log level, limits, fault rules and seeds count at
// once; what else differs is named in NeedsRestart and stays as it was. Seeds that are
// new or changed are applied; streams whose seed is gone stay.
func (s *Sluice) Reload(ctx context.Context, c Config) (Reload, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return Reload{}, err
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
	var out Reload
	// First what can be refused: then nothing has been applied.
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
	if s.level != nil {
		s.level.Set(c.LogLevel)
	}
	s.live.LogLevel = c.LogLevel
	s.setLimits(c.Limits)
	if rules {
		out.Applied = append(out.Applied, "faults")
	}
	if sameSeeds(c.Streams, s.live.Streams) {
		return out, nil
	}
	inst := s.current.Load()
	if inst == nil {
		return out, errNoInstance
	}
	ctx, cancel := context.WithTimeout(ctx, seedPatience)
	defer cancel()
	s.seeder(inst).apply(ctx, c.Streams)
	s.live.Streams = c.Streams
	s.seeds.Store(&c.Streams)
	out.Applied = append(out.Applied, "kinesis.streams")
	return out, nil
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
