package poller

// Poller runs one mapping.
type Poller struct {
	config  Config
	mapping Mapping
}

// Start runs a mapping from its checkpoints, or from its starting position
// when it has none. It returns at once.
func Start(c Config, m Mapping) (*Poller, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return &Poller{config: c, mapping: m}, nil
}

// Update gives the mapping other settings. They are in force once the calls
// that are under way have been answered; Status tells. Checkpoints stay.
func (p *Poller) Update(m Mapping) error {
	if err := m.check(); err != nil {
		return err
	}
	p.mapping = m
	return nil
}

// Stop ends the calls that are under way and returns when nothing runs any
// more. What they were given is delivered again after the next Start. To
// forget a mapping, Drop its checkpoints after Stop.
func (p *Poller) Stop() {}

// Status tells what the mapping is doing.
func (p *Poller) Status() Status { return Status{LastResult: NoRecords} }
