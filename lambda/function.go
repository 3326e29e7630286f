package lambda

import (
	"maps"
	"slices"
	"strconv"
	"sync"
)

// Limits of functions.
const (
	// functionsMax bounds the memory that functions take.
	functionsMax = 20_000
	// versionsMax is per function; AWS has no such limit.
	versionsMax = 1000
	// aliasesMax is per function.
	aliasesMax = 1000
	// policyMax is how long a resource policy may be, in bytes.
	policyMax = 20480
	// codeMax bounds the zips of all functions together, in bytes.
	codeMax = 2 << 30
)

// deployed is one function. Versions that are published and configurations are
// replaced, never changed in place.
type deployed struct {
	key functionKey

	mu       sync.Mutex
	now      functionState            // guarded by mu; as stored
	versions map[string]configuration // guarded by mu; published, by number
	gone     bool                     // guarded by mu
	running  int                      // guarded by mu; invocations under way
	live     map[string]string        // guarded by mu; revisions the runtime knows, by version
}

// functionState is what is stored of a function beside its versions.
type functionState struct {
	Latest      configuration     `json:"latest"`
	LastVersion int               `json:"lastVersion"` // numbers are not used again
	Aliases     map[string]alias  `json:"aliases,omitempty"`
	Policies    map[string]policy `json:"policies,omitempty"` // by qualifier
	Reserved    *int32            `json:"reserved,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// clone is a state whose maps can be changed.
func (s functionState) clone() functionState {
	s.Aliases, s.Policies, s.Tags = maps.Clone(s.Aliases), maps.Clone(s.Policies), maps.Clone(s.Tags)
	return s
}

// configuration is a version of a function.
type configuration struct {
	Version     string            `json:"version"`
	Role        string            `json:"role"`
	Runtime     string            `json:"runtime,omitempty"`
	Handler     string            `json:"handler,omitempty"`
	Description string            `json:"description,omitempty"`
	Timeout     int32             `json:"timeout"`
	MemorySize  int32             `json:"memorySize"`
	Environment map[string]string `json:"environment,omitempty"`
	Package     string            `json:"package"`
	Image       string            `json:"image,omitempty"`
	ImageConfig *imageConfig      `json:"imageConfig,omitempty"`
	Machines    []string          `json:"machines"`
	Layers      []string          `json:"layers,omitempty"`
	Tracing     string            `json:"tracing"`
	DeadLetter  string            `json:"deadLetter,omitempty"`
	KMSKey      string            `json:"kmsKey,omitempty"`
	Network     *network          `json:"network,omitempty"`
	StorageMB   int32             `json:"storageMB"`
	SnapStart   string            `json:"snapStart"`
	Logging     logging           `json:"logging"`
	Files       []fileSystem      `json:"files,omitempty"`
	Code        string            `json:"code,omitempty"` // where the zip is; see code.go
	CodeSize    int64             `json:"codeSize"`
	CodeSum     string            `json:"codeSum,omitempty"` // base64 of the SHA-256
	Bootstrap   bool              `json:"bootstrap,omitempty"`
	Modified    int64             `json:"modified"` // ms
	Revision    string            `json:"revision"`
}

type imageConfig struct {
	Command    []string `json:"command,omitempty"`
	EntryPoint []string `json:"entryPoint,omitempty"`
	Directory  string   `json:"directory,omitempty"`
}

type network struct {
	Subnets []string `json:"subnets"`
	Groups  []string `json:"groups"`
	IPv6    bool     `json:"ipv6,omitempty"`
}

type logging struct {
	Format string `json:"format"`
	App    string `json:"app,omitempty"`
	System string `json:"system,omitempty"`
	Group  string `json:"group"`
}

type fileSystem struct {
	ARN  string `json:"arn"`
	Path string `json:"path"`
}

// alias points at a version, or at two by weight.
type alias struct {
	Version     string             `json:"version"`
	Description string             `json:"description,omitempty"`
	Weights     map[string]float64 `json:"weights,omitempty"` // of other versions
	Revision    string             `json:"revision"`
}

// policy is a resource policy: statements as JSON, in their order.
type policy struct {
	Statements []statement `json:"statements"`
	Revision   string      `json:"revision"`
}

type statement struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// version finds a version by number or $LATEST. f.mu is held.
func (f *deployed) version(name string) (configuration, bool) {
	if name == "" || name == latest {
		return f.now.Latest, true
	}
	c, ok := f.versions[name]
	return c, ok
}

// resolve finds the version that a qualifier stands for. f.mu is held.
func (f *deployed) resolve(qualifier string) (configuration, bool) {
	if a, ok := f.now.Aliases[qualifier]; ok {
		return f.version(a.Version)
	}
	return f.version(qualifier)
}

// numbers lists the published versions in their order. f.mu is held.
func (f *deployed) numbers() []string {
	return slices.SortedFunc(maps.Keys(f.versions), func(a, b string) int { return numberOf(a) - numberOf(b) })
}

func numberOf(version string) int {
	n, _ := strconv.Atoi(version) // versions are made here
	return n
}
