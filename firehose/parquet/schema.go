package parquet

import "fmt"

// Physical is how values of a leaf are stored.
type Physical int32

// The physical types, with the numbers of the format.
const (
	Boolean   Physical = 0
	Int32     Physical = 1
	Int64     Physical = 2
	Int96     Physical = 3
	Float     Physical = 4
	Double    Physical = 5
	ByteArray Physical = 6
	Fixed     Physical = 7
)

// Repetition is how often a node may be there.
type Repetition int32

// The repetitions, with the numbers of the format.
const (
	Required Repetition = 0
	Optional Repetition = 1
	Repeated Repetition = 2
)

// Meaning says what values stand for, beside how they are stored.
type Meaning int32

// The meanings, with the numbers that the format has for converted types.
const (
	Plain       Meaning = -1
	UTF8        Meaning = 0
	Map         Meaning = 1
	MapKeyValue Meaning = 2
	List        Meaning = 3
	Decimal     Meaning = 5
	Date        Meaning = 6
	Int8        Meaning = 15
	Int16       Meaning = 16
)

// Node is a column or a part of one. A node without children is a leaf.
type Node struct {
	Name       string
	Repetition Repetition
	Meaning    Meaning
	// Physical and Length are of leaves; Length is the bytes of a Fixed value.
	Physical Physical
	Length   int
	// Precision and Scale are of decimals.
	Precision, Scale int
	Children         []*Node
}

// leaf is a node that has values, with the levels that say where they are.
type leaf struct {
	node           *Node
	path           []string
	maxDef, maxRep uint8
}

// leaves lists the leaves of a schema, in the order of the file.
func leaves(columns []*Node) (out []leaf, err error) {
	var walk func(n *Node, path []string, def, rep int) error
	walk = func(n *Node, path []string, def, rep int) error {
		path = append(path[:len(path):len(path)], n.Name)
		if n.Repetition != Required {
			def++
		}
		if n.Repetition == Repeated {
			rep++
		}
		if def > maxLevel {
			return fmt.Errorf("the column %s is nested too deeply", path[0])
		}
		if len(n.Children) == 0 {
			out = append(out, leaf{node: n, path: path, maxDef: uint8(def), maxRep: uint8(rep)})
			return nil
		}
		for _, child := range n.Children {
			if err := walk(child, path, def, rep); err != nil {
				return err
			}
		}
		return nil
	}
	for _, n := range columns {
		if err := walk(n, nil, 0, 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxLevel is how deep definition levels go.
const maxLevel = 250
