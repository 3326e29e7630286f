package lambda

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/store/kv"
)

func (k functionKey) stored() string { return functionPrefix + k.String() }

// versionKey is where a published version is stored.
func (k functionKey) versionKey(version string) string {
	return fmt.Sprintf("%s%s/%010d", versionPrefix, k, numberOf(version))
}

// function finds a function and locks it.
func (r *Room) function(ref reference) (*deployed, error) {
	r.mu.RLock()
	f := r.functions[ref.Key]
	r.mu.RUnlock()
	if f == nil {
		return nil, errNoFunction(ref.arn())
	}
	f.mu.Lock()
	if f.gone {
		f.mu.Unlock()
		return nil, errNoFunction(ref.arn())
	}
	return f, nil
}

// functionOf finds the function that a caller names, without a look at the
// qualifier, and locks it.
func (r *Room) functionOf(ctx context.Context, name, qualifier *string) (*deployed, reference, error) {
	ref, err := r.parseReference(ctx, *name, qualifier)
	if err != nil {
		return nil, ref, err
	}
	f, err := r.function(ref)
	return f, ref, err
}

// versionOf finds the version that a caller names and locks its function.
func (r *Room) versionOf(ctx context.Context, name, qualifier *string) (*deployed, configuration, reference, error) {
	f, ref, err := r.functionOf(ctx, name, qualifier)
	if err != nil {
		return nil, configuration{}, ref, err
	}
	c, ok := f.resolve(ref.Qualifier)
	if !ok {
		f.mu.Unlock()
		return nil, c, ref, errNoFunction(ref.arn())
	}
	return f, c, ref, nil
}

// keep stores a state and then shows it. f.mu is held. more may add to the
// batch.
func (r *Room) keep(ctx context.Context, f *deployed, s functionState, more func(b *kv.Batch) error) error {
	var b kv.Batch
	if err := set(&b, f.key.stored(), s); err != nil {
		return err
	}
	if more != nil {
		if err := more(&b); err != nil {
			return err
		}
	}
	if err := r.space.Commit(context.WithoutCancel(ctx), &b); err != nil {
		return fmt.Errorf("store function %s: %w", f.key.Name, err)
	}
	f.now = s
	return nil
}

// touch gives a changed version its time and a new revision.
func (r *Room) touch(c *configuration) {
	c.Modified, c.Revision = millis(r.clock.Now()), r.config.Dice.UUID().String()
}

// publish makes a version of $LATEST, or finds that nothing has changed since
// the last one. f.mu is held.
func (r *Room) publish(ctx context.Context, f *deployed, description *string) (configuration, error) {
	s := f.now.clone()
	if last, ok := f.versions[fmt.Sprint(s.LastVersion)]; ok && last.CodeSum == s.Latest.CodeSum && last.Image == s.Latest.Image && sameButVersion(last, s.Latest) {
		return last, nil
	}
	if len(f.versions) >= versionsMax {
		return configuration{}, invalid("A function has at most %d versions.", versionsMax)
	}
	s.LastVersion++
	c := s.Latest
	c.Version = fmt.Sprint(s.LastVersion)
	give(&c.Description, description)
	r.touch(&c)
	s.Latest.Revision = r.config.Dice.UUID().String()
	err := r.keep(ctx, f, s, func(b *kv.Batch) error { return set(b, f.key.versionKey(c.Version), c) })
	if err == nil {
		f.versions[c.Version] = c
	}
	return c, err
}

// sameButVersion tells whether nothing was changed since a version was
// published but its description.
func sameButVersion(published, now configuration) bool {
	for _, c := range []*configuration{&published, &now} {
		c.Version, c.Revision, c.Modified, c.Description = "", "", 0, ""
	}
	a, errA := encodeStored(published)
	b, errB := encodeStored(now)
	return errA == nil && errB == nil && string(a) == string(b)
}

// loadFunctions reads functions and versions and removes zips that nothing
// points at, which a kill between two writes can leave.
func (r *Room) loadFunctions(ctx context.Context) error {
	from, to := rangeOf(functionPrefix)
	err := r.space.Scan(ctx, from, to, false, func(raw, value []byte) (bool, error) {
		f := &deployed{versions: map[string]configuration{}}
		parts := strings.Split(string(raw), "/")
		if len(parts) != 4 {
			return true, nil
		}
		f.key = functionKey{parts[1], parts[2], parts[3]}
		r.functions[f.key] = f
		return true, decodeStored(value, &f.now)
	})
	if err != nil {
		return err
	}
	from, to = rangeOf(versionPrefix)
	err = r.space.Scan(ctx, from, to, false, func(raw, value []byte) (bool, error) {
		parts := strings.Split(string(raw), "/")
		if len(parts) != 5 {
			return true, nil
		}
		f := r.functions[functionKey{parts[1], parts[2], parts[3]}]
		var c configuration
		if err := decodeStored(value, &c); err != nil || f == nil {
			return err == nil, err
		}
		f.versions[c.Version] = c
		return true, nil
	})
	if err != nil {
		return err
	}
	return r.sweepCode(ctx)
}

// codes lists the zips of a function, each once. f.mu is held.
func (f *deployed) codes() []string {
	set := map[string]bool{f.now.Latest.Code: true}
	for _, c := range f.versions {
		set[c.Code] = true
	}
	delete(set, "")
	return slices.Collect(maps.Keys(set))
}

// isFunction tells whether a function can be mapped: it is in this API, or was
// registered otherwise.
func (r *Room) isFunction(ref reference) bool {
	if f, err := r.function(ref); err == nil {
		defer f.mu.Unlock()
		if _, ok := f.resolve(ref.Qualifier); ok {
			return true
		}
	}
	return (ref.Qualifier == "" || ref.Qualifier == latest) && r.config.Runtime.Knows(ref.Key.Account, ref.Key.Region, ref.Key.Name)
}

// roleOf is the role a function runs as, as records show it. One that was
// registered otherwise has an invented one.
func (r *Room) roleOf(ref reference) string {
	if f, err := r.function(ref); err == nil {
		defer f.mu.Unlock()
		if c, ok := f.resolve(ref.Qualifier); ok && c.Role != "" {
			return c.Role
		}
	}
	return "arn:" + strings.SplitN(ref.Key.arn(), ":", 3)[1] + ":iam::" + ref.Key.Account + ":role/" + ref.Key.Name + "-role"
}

// functionsWhere lists functions in the order of their names.
func (r *Room) functionsWhere(account, region string) []*deployed {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []*deployed
	for k, f := range r.functions {
		if (account == "" || k.Account == account) && (region == "" || k.Region == region) {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *deployed) int { return strings.Compare(a.key.String(), b.key.String()) })
	return list
}
