package store

import (
	"github.com/cockroachdb/errors/oserror"

	"sluice/store/log"
	"sluice/store/log/pebblelog"
)

// settleLogs sees to it that the database holds all records by itself, without
// the rings beside it, until resume is called.
func (s *Store) settleLogs() (resume func(), err error) {
	logs, err := s.logsOnDisk()
	if err != nil {
		return nil, err
	}
	var resumes []func()
	resume = func() {
		for _, f := range resumes {
			f()
		}
	}
	for _, l := range logs {
		f, err := l.Settle()
		if err != nil {
			resume()
			return nil, err
		}
		resumes = append(resumes, f)
	}
	return resume, nil
}

// logsOnDisk lists the logs that are open, and those that have a ring.
func (s *Store) logsOnDisk() (logs []*pebblelog.Log, err error) {
	names, err := s.options.FS.List(s.folder.path(engineDir, pebblelog.RingDir))
	if err != nil && !oserror.IsNotExist(err) {
		return nil, err
	}
	for _, name := range names {
		s.Log(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.logs {
		logs = append(logs, l.(*pebblelog.Log))
	}
	return logs, nil
}

// closeLogs closes the logs that were used.
func (s *Store) closeLogs() (err error) {
	s.mu.Lock()
	logs := make([]log.Log, 0, len(s.logs))
	for _, l := range s.logs {
		logs = append(logs, l)
	}
	s.mu.Unlock()
	for _, l := range logs {
		if e := l.(*pebblelog.Log).Close(); err == nil {
			err = e
		}
	}
	return err
}

// cutRecords ends the newest payload files of all logs and tells which there
// are. Of logs that were not used since the start those are all.
func (s *Store) cutRecords() taking {
	s.mu.Lock()
	defer s.mu.Unlock()
	cuts := map[string]func(stream, file uint64) bool{}
	for namespace, l := range s.logs {
		cuts[clean(namespace)] = l.(*pebblelog.Log).CutFiles()
	}
	return func(namespace string, stream, file uint64) bool {
		takes := cuts[namespace]
		return takes == nil || takes(stream, file)
	}
}
