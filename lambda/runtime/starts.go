package runtime

// What to do about a function that does not start.
const (
	hintCommand = "check the command and the folder of its target: the file must be there, be executable, and be built for this system"
	hintRuntime = "its program has to ask the Runtime API at AWS_LAMBDA_RUNTIME_API for events, as lambda.Start of aws-lambda-go, " +
		"awslambdaric and aws-lambda-ric do; start it with one of them, or give it a longer timeout"
)

func hintLog(name string) string {
	return "`sluice logs " + name + "` shows what it wrote last; once that is mended, the next event starts it again"
}

// tellStarts is after how many failed starts in a row the log is warned again;
// the first time is after the second.
const tellStarts = 100

// startFailed counts a start that came to nothing, and warns of many.
func (t *processes) startFailed(why, hint string) {
	t.mu.Lock()
	t.failed++
	n := t.failed
	t.mu.Unlock()
	if n == 2 || n%tellStarts == 0 {
		t.host.cfg.Logger.Warn("a function does not start, again and again", "function", t.def.Name, "starts", n, "why", why, "hint", hint)
	}
}

// startWorked ends the count.
func (t *processes) startWorked() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = 0
}
