package fault

import "container/list"

// A call whose answer is a stream goes on for minutes, and who adds a rule
// against it means the one that is running. So rules meet such calls twice
// over: Judge asks those that there are when the call begins, and a rule that
// comes later meets each call that is running then, once, in the order in
// which they began. A call carries the number of the latest rule when it
// began, so that no rule meets it both ways or neither.

// Following is a call that rules which come later meet too.
type Following struct {
	set    *Set
	call   *Call
	about  Subject
	strike func(*Verdict)
	place  *list.Element // guarded by the set's mu; nil once it has ended
}

// Follow begins to follow a call, which has to be judged after. strike is told
// of each rule that strikes it later; it must not block and is not called any
// more once Stop has returned.
func (s *Set) Follow(c *Call, strike func(*Verdict)) *Following {
	f := &Following{set: s, call: c, about: c.Subject(), strike: strike}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Subject, c.until = func() Subject { return f.about }, s.born
	f.place = s.running.PushBack(f)
	return f
}

// Stop ends it.
func (f *Following) Stop() {
	s := f.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.place != nil {
		s.running.Remove(f.place)
		f.place = nil
	}
}

// late effects can meet an answer that is on its way.
func (e *Effect) late() bool {
	return e.Latency > 0 || e.Reset != "" || e.Truncate || e.BytesPerSecond > 0 || e.EndSubscription != nil
}

// meet has a new rule meet the calls that are running. mu is held.
func (s *Set) meet(a *active) {
	if !a.Effect.late() {
		return
	}
	for at := s.running.Front(); at != nil; at = at.Next() {
		f := at.Value.(*Following)
		v := new(Verdict)
		if a.concerns(f.call) && a.Match.fits(&f.about) && a.due(a.seen.Add(1)) && a.strike(v, f.call.Target, &f.about) {
			a.fired.Add(1)
			v.Fired = []string{a.ID}
			f.strike(v)
		}
	}
}
