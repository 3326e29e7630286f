package parquet

// Values are values of one leaf with their levels, in the order of the rows.
// Every slot has a definition level; only slots at the highest one have a value.
type Values struct {
	// Rep and Def are a level a slot; Rep stays empty where nothing repeats.
	Rep, Def []uint8
	// Ints hold booleans, integers and the bits of floating point numbers.
	Ints []int64
	// Data holds the bytes of all others, end to end; Sizes how many each has,
	// empty where they all have the same.
	Data  []byte
	Sizes []int32
}

// Reset empties the values and keeps their memory, unless that has become
// large.
func (v *Values) Reset() {
	const most = 1 << 20
	if cap(v.Data) > most || cap(v.Ints) > most/8 || cap(v.Def) > most {
		*v = Values{}
		return
	}
	v.truncate()
}

func (v *Values) truncate() {
	v.Rep, v.Def, v.Ints, v.Data, v.Sizes = v.Rep[:0], v.Def[:0], v.Ints[:0], v.Data[:0], v.Sizes[:0]
}

// Null adds a slot without a value.
func (v *Values) Null(rep, def uint8, repeats bool) {
	if repeats {
		v.Rep = append(v.Rep, rep)
	}
	v.Def = append(v.Def, def)
}

// add appends other values.
func (v *Values) add(o *Values) {
	v.Rep = append(v.Rep, o.Rep...)
	v.Def = append(v.Def, o.Def...)
	v.Ints = append(v.Ints, o.Ints...)
	v.Data = append(v.Data, o.Data...)
	v.Sizes = append(v.Sizes, o.Sizes...)
}

// cost is about how many bytes of a page the values take. Levels are counted
// by the bit, as they are packed.
func (v *Values) cost(p Physical) int {
	levels := (len(v.Rep) + len(v.Def)) / 4
	switch p {
	case Boolean:
		return levels + len(v.Ints)/8
	case Int32, Float:
		return levels + 4*len(v.Ints)
	}
	return levels + 8*len(v.Ints) + len(v.Data) + 4*len(v.Sizes)
}
