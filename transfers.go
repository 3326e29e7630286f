package sluice

import (
	"context"
	"io"
	"sync"
)

// transfers are the exports and imports under way. They use the data folder,
// so Close waits for them; they end with their next read or write.
type transfers struct {
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup
}

func newTransfers() *transfers {
	t := &transfers{}
	t.life, t.end = context.WithCancel(context.Background())
	return t
}

func (t *transfers) close() {
	t.end()
	t.work.Wait()
}

// transfer runs an export or import that Close waits for. f gets a context
// that ends with ctx or with the instance.
func (s *Sluice) transfer(ctx context.Context, f func(ctx context.Context) error) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.transfers.work.Add(1)
	s.mu.Unlock()
	defer s.transfers.work.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.transfers.life, cancel)()
	return f(ctx)
}

// bounded reads and writes until a context ends.
type bounded struct {
	ctx context.Context
	r   io.Reader
	w   io.Writer
}

// Read implements io.Reader.
func (b bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

// Write implements io.Writer.
func (b bounded) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.w.Write(p)
}
