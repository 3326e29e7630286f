package server

import (
	"net/http"
	"time"
)

// Words of the health documents.
const (
	statusOK       = "ok"
	statusStarting = "starting"
	statusDraining = "draining"
	statusDegraded = "degraded"
	running        = "running"
	disabled       = "disabled"
)

type healthDocument struct {
	Status   string            `json:"status"`
	Version  string            `json:"version"`
	Started  time.Time         `json:"started"`
	Listen   []string          `json:"listen"`
	Services map[string]string `json:"services"`
	Store    storeDocument     `json:"store"`
	Reasons  []string          `json:"reasons"`
}

type storeDocument struct {
	Kind       string `json:"kind"`
	Durability string `json:"durability"`
	Format     int    `json:"format"`
}

func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	store := s.cfg.Admin.Store()
	doc := healthDocument{
		Status:   s.status(len(store.Reasons) > 0),
		Version:  s.cfg.Version,
		Started:  s.started.UTC(),
		Listen:   s.Addresses(),
		Services: s.services(),
		Store:    storeDocument{store.Kind, store.Durability, store.Format},
		Reasons:  listOf(store.Reasons).Items,
	}
	code := http.StatusOK
	if doc.Status != statusOK {
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, doc)
}

func (s *Server) status(troubled bool) string {
	switch m := s.gate.current.Load(); {
	case s.closing.Load(), m == nil && s.replacing.Load():
		return statusDraining
	case m == nil:
		return statusStarting
	case troubled:
		return statusDegraded
	}
	return statusOK
}

func (s *Server) services() map[string]string {
	list := map[string]string{}
	for _, id := range s.cfg.Admin.Disabled {
		list[id] = disabled
	}
	if m := s.gate.current.Load(); m != nil {
		for _, service := range m.order {
			list[service.ID] = running
		}
		if m.site != nil {
			list[m.site.Service] = running
		}
	}
	return list
}

// serveLocalstackHealth answers tools that wait for LocalStack.
func (s *Server) serveLocalstackHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"services": s.services(), "edition": "community", "version": s.cfg.Version,
	})
}
