package lambda

import (
	"context"
	"sync"

	"sluice/internal/arn"
	"sluice/lambda/filter"
	"sluice/lambda/poller"
	"sluice/store/kv"
)

// plan is the mapping as its poller wants it. m.mu is held.
func (r *Room) plan(m *mapping) (poller.Mapping, error) {
	s := &m.now.Settings
	source, err := arn.Parse(m.now.Source)
	if err != nil {
		return poller.Mapping{}, err
	}
	patterns, err := filter.Compile(s.Filters)
	if err != nil {
		return poller.Mapping{}, err
	}
	role := r.roleOf(s.reference())
	p := poller.Mapping{
		UUID: m.key.UUID, Account: m.key.Account, Region: m.key.Region, Source: source,
		Function: s.Function.Name, Qualifier: s.Qualifier, FunctionARN: s.reference().arn(), Role: role,
		Enabled: s.Enabled, BatchSize: int(s.BatchSize), BatchingWindow: seconds(s.WindowSeconds),
		StartingPosition: m.now.StartingPosition, ParallelizationFactor: int(s.Factor),
		MaximumRetryAttempts: int(s.RetryAttempts), MaximumRecordAge: seconds(s.RecordAgeSeconds),
		Bisect: s.Bisect, ReportBatchItemFailures: s.Report, TumblingWindow: seconds(s.TumblingSeconds),
		OnFailure: s.OnFailure,
	}
	if m.now.StartingTimestamp != 0 {
		p.StartingTimestamp = timeOf(m.now.StartingTimestamp)
	}
	if len(s.Filters) > 0 {
		counted := len(s.Metrics) > 0
		p.Pass = func(rec *poller.Record) bool {
			if counted { // a mapping may hold back all it reads and never call
				r.meter.worked(m)
			}
			return patterns.Match(filter.Record{PartitionKey: rec.PartitionKey, SequenceNumber: rec.SequenceNumber,
				Arrival: rec.Arrival, Data: rec.Data, SourceARN: source.String(), Region: source.Region, Identity: role})
		}
	}
	return p, nil
}

// poll starts the poller of an enabled mapping, or tells it what has changed.
// m.mu is held.
func (r *Room) poll(m *mapping) {
	plan, err := r.plan(m)
	if err == nil && m.poller != nil {
		err = m.poller.Update(plan)
	} else if err == nil {
		c := r.polling
		c.Invoker = dispatcher{r, m}
		m.poller, err = poller.Start(c, plan)
	}
	if err != nil {
		// What is stored was checked before: the data was damaged or is newer.
		r.config.Logger.Error("a mapping cannot be run", "mapping", m.key.UUID, "error", err)
	}
}

// pause has the poller read no further. m.mu is held.
func (r *Room) pause(m *mapping) {
	m.paused = r.config.Host.Now()
	if m.poller == nil {
		return
	}
	plan, err := r.plan(m)
	plan.Enabled = false
	if err == nil {
		err = m.poller.Update(plan)
	}
	if err != nil {
		r.config.Logger.Error("a mapping cannot be paused", "mapping", m.key.UUID, "error", err)
	}
}

// resting tells whether nothing of a paused mapping runs any more. m.mu is held.
func (r *Room) resting(m *mapping) bool { return m.poller == nil || m.poller.Status().Settled }

// rest stops the poller and keeps what it has counted. m.mu is held.
func (r *Room) rest(m *mapping) {
	if m.poller == nil {
		return
	}
	m.poller.Stop()
	status := m.poller.Status()
	m.poller = nil
	r.meter.forget(m)
	if status.LastResult != poller.NoRecords {
		m.now.Result = status.LastResult
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = sum(r.gone, status.Counters)
}

// result is LastProcessingResult. m.mu is held.
func (m *mapping) result() string {
	if m.poller != nil {
		if last := m.poller.Status().LastResult; last != poller.NoRecords {
			return last
		}
	}
	if m.now.Result != "" {
		return m.now.Result
	}
	return poller.NoRecords
}

// sum adds counters; gauges are those of b.
func sum(a, b poller.Counters) poller.Counters {
	a.Polled += b.Polled
	a.FilteredOut += b.FilteredOut
	a.Invoked += b.Invoked
	a.FailedInvoke += b.FailedInvoke
	a.Dropped += b.Dropped
	a.Delivered += b.Delivered
	a.Invocations += b.Invocations
	a.Errors += b.Errors
	a.Throttles += b.Throttles
	a.Duration += b.Duration
	return a
}

// loadMappings reads the mappings; Start has them run.
func (r *Room) loadMappings(ctx context.Context) error {
	from, to := rangeOf(mappingPrefix)
	return r.space.Scan(ctx, from, to, false, func(raw, value []byte) (bool, error) {
		m := &mapping{}
		var ok bool
		if m.key, ok = parseMappingKey(string(raw)); !ok {
			return true, nil
		}
		if err := decodeStored(value, &m.now); err != nil {
			return false, err
		}
		r.mappings[m.key] = m
		for _, s := range []*settings{&m.now.Settings, m.now.Next} {
			if s != nil {
				r.pairs[m.pair(m.now.Source, s)] = m
			}
		}
		return true, nil
	})
}

// Start takes up the changes that were under way and starts the enabled
// mappings. The streams can be called from now on.
func (r *Room) Start() {
	for _, m := range r.mappingsWhere(func(*mapping) bool { return true }) {
		m.mu.Lock()
		if m.now.State == stateEnabled || m.now.State == stateUpdating && m.now.Settings.Enabled {
			r.poll(m)
		}
		if !steady(m.now.State) {
			r.arm(m, timeOf(m.now.Due))
		}
		m.mu.Unlock()
	}
	r.startBacklog()
}

// stoppers is how many pollers are stopped at a time.
const stoppers = 32

// stopMappings stops all pollers and stores what was processed last.
func (r *Room) stopMappings(all []*mapping) error {
	queue := make(chan *mapping)
	var group sync.WaitGroup
	for range min(stoppers, len(all)) {
		group.Go(func() {
			for m := range queue {
				m.mu.Lock()
				if m.timer != nil {
					m.timer.Stop()
				}
				r.rest(m)
				m.mu.Unlock()
			}
		})
	}
	var b kv.Batch
	before := make([]string, len(all))
	for i, m := range all {
		m.mu.Lock()
		before[i] = m.now.Result
		m.mu.Unlock()
		queue <- m
	}
	close(queue)
	group.Wait()
	for i, m := range all {
		m.mu.Lock()
		var err error
		if m.now.Result != before[i] && !m.gone {
			err = set(&b, m.key.stored(), m.now)
		}
		m.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if len(b.Changes) == 0 {
		return nil
	}
	return r.space.Commit(context.WithoutCancel(r.life), &b)
}

// refresh tells the pollers of a function what has changed about it.
func (r *Room) refresh(f functionKey) {
	for _, m := range r.mappingsWhere(func(m *mapping) bool { return m.key.Account == f.Account && m.key.Region == f.Region }) {
		m.mu.Lock()
		if m.poller != nil && m.now.Settings.Function == f && m.now.State != stateDisabling && m.now.State != stateDeleting {
			r.poll(m)
		}
		m.mu.Unlock()
	}
}

// mappingsWhere lists mappings. accept looks at keys only: it runs under r.mu.
func (r *Room) mappingsWhere(accept func(m *mapping) bool) []*mapping {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []*mapping
	for _, m := range r.mappings {
		if accept(m) {
			list = append(list, m)
		}
	}
	return list
}
