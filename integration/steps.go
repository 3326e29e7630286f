package integration

// Step is one of the numbered steps that every client program runs.
type Step struct {
	// Number is how rows name the step.
	Number string
	// Name says what it does, as docs/clients.md does.
	Name string
	// Count is what the row must count, the same for every client.
	Count int
}

// Steps is the table of docs/clients.md; a test holds the two equal.
func Steps() []Step {
	return []Step{
		{"1", "create, wait with the SDK's waiter; counts shards", 2},
		{"2", "put 5 records alone and 100 together, binary; counts records", 105},
		{"3.1", "read from TRIM_HORIZON, byte by byte; counts records", 105},
		{"3.2", "read from LATEST what is put after it; counts records", 3},
		{"3.3", "read from AT_SEQUENCE_NUMBER; counts records", 3},
		{"3.4", "read from AFTER_SEQUENCE_NUMBER; counts records", 2},
		{"3.5", "read from AT_TIMESTAMP of an arrival; counts records", 3},
		{"4", "split, merge and scale while a reader follows the lineage; counts records, each once and in order", 160},
		{"5.1", "register, describe and list a consumer; counts consumers", 1},
		{"5.2", "subscribe, then put, then take events; counts records", 10},
		{"6.1", "tag by name and by ARN, list, untag; counts tags", 3},
		{"6.2", "put, get and delete a policy; counts policies", 1},
		{"6.3", "encrypt, put, read, decrypt; counts records", 1},
		{"7", "five typed errors with their exact texts; counts errors", 5},
		{"8", "delete, wait with the SDK's waiter; counts streams", 1},
	}
}

// Client is one of the programs below sdk/.
type Client struct {
	// Name is the program's name for sdk/setup.sh and in rows.
	Name string
	// Cleartext is the protocol its SDK speaks to an http endpoint by default.
	Cleartext string
	// Skips are the steps its SDK has no means for.
	Skips []string
	// Own are the steps it runs instead of the numbered ones of every client.
	Own []Step
}

func (c Client) steps() []Step {
	if c.Own != nil {
		return c.Own
	}
	return Steps()
}

// Producer is the Kinesis Producer Library, which can only write.
func Producer() Client {
	return Client{Name: "kpl", Own: []Step{
		{"9", "aggregate user records while the stream is split, merged and scaled; counts user records", 50000},
	}}
}

// Follower is the JavaScript SDK as a reader beside an overloading writer.
func Follower() Client {
	return Client{Name: "js", Own: []Step{
		{"10", "follow the lineage while boto3 writes more than the shards allow; counts records, each once and in order", 192},
	}}
}

// Clients lists all programs. A row for every step and transport of each must be there.
func Clients() []Client {
	return []Client{
		{Name: "go", Cleartext: "http/1.1"},
		{Name: "boto3", Cleartext: "http/1.1"},
		{Name: "awscli", Cleartext: "http/1.1", Skips: []string{"5.2"}},
		{Name: "js", Cleartext: "h2c"},
		{Name: "java-sync", Cleartext: "http/1.1", Skips: []string{"5.2"}},
		{Name: "java-async", Cleartext: "h2c"},
		{Name: "rust", Cleartext: "http/1.1"},
	}
}
