package wire

// Bounds on what a body may make the server build. Nothing here can be met by
// an honest request.
const (
	// maxDepth bounds nesting, of unknown members too. The deepest modelled shape nests 8.
	maxDepth = 100
	// keepScalars is how many elements of a list of scalars or of a map are kept
	// even where the model allows fewer, since error texts show them.
	keepScalars = 4096
	// keepUnbounded is how many elements are kept where the model names no maximum;
	// more make the body malformed.
	keepUnbounded = 1 << 16
	// guessElements is how many elements are made room for at once where the
	// model names no maximum.
	guessElements = 1024
	// maxFailures is how many constraint failures one answer lists.
	maxFailures = 10
	// maxEcho bounds how much of one offending value an error text repeats, in
	// bytes. It is above the largest limit of the models (tokens of 1 MiB).
	maxEcho = 2 << 20
	// maxMatch is how long a value may be and still be held against a pattern
	// when it is too long anyway: expressions over megabytes take seconds, and
	// the answer is a refusal either way.
	maxMatch = 1 << 20
)

// echo cuts a value that an error text repeats.
func echo(value string) string { return value[:min(len(value), maxEcho)] }

// limitOf returns how many elements to keep of a list or map while reading. An
// element beyond is still checked for its type but dropped: the count already
// exceeds the model's maximum, so the request will be refused, and sixteen
// megabytes of "{}," must not become two hundred megabytes of structs.
func limitOf(s *Shape) int {
	if s.Max == nil {
		return keepUnbounded
	}
	limit := int(*s.Max) + 1
	if s.Elem != nil && s.Elem.Kind != KindStructure {
		limit = max(limit, keepScalars)
	}
	return limit
}
