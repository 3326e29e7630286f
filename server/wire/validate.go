package wire

// Validate checks the constraints of the model.
func (p *Plan) Validate(in any, notes *Notes) *Fault { return nil }
