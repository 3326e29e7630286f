package access

import (
	"sync"

	"sluice/internal/policy"
)

// Library keeps policies of resources that were read, so that calls from
// another account do not read the same text again and again. The zero value is
// empty. It may be used concurrently.
type Library struct {
	mu   sync.Mutex
	docs map[string]*policy.Document // guarded by mu; nil for a text that cannot be read
}

// mostDocuments bounds a library. Texts are up to 20 KiB each.
const mostDocuments = 256

// Read returns the policy that a text is, nil for none. A text that cannot be
// read is one that allows nothing: it was stored by a version that took it.
func (l *Library) Read(text string) *policy.Document {
	if text == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	doc, known := l.docs[text]
	if known {
		return doc
	}
	doc, err := policy.Parse(policy.Resource, []byte(text))
	if err != nil {
		doc = nil
	}
	if l.docs == nil || len(l.docs) >= mostDocuments {
		l.docs = map[string]*policy.Document{}
	}
	l.docs[text] = doc
	return doc
}
