package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// refusal is an error answer of the admin API.
type refusal struct {
	Code, Message, Advice string
}

// Error implements error.
func (r *refusal) Error() string { return r.Message }

// Hint says what to do next.
func (r *refusal) Hint() string { return r.Advice }

// misuse reports whether what was asked for could not work whatever the state
// of the server.
func (r *refusal) misuse() bool {
	switch r.Code {
	case "BadRequest", "NeverMatches":
		return true
	}
	return false
}

// refused reads an error document of the admin API.
func refused(status int, answer []byte) error {
	var doc struct {
		Error struct{ Code, Message, Hint string }
	}
	if json.Unmarshal(answer, &doc) != nil || doc.Error.Message == "" {
		return fmt.Errorf("the server answered %d %s", status, http.StatusText(status))
	}
	return &refusal{Code: doc.Error.Code, Message: spoken(doc.Error.Message), Advice: spoken(doc.Error.Hint)}
}

// spoken puts what the admin API tells its callers into the words of the
// command line.
func spoken(text string) string {
	return strings.NewReplacer(
		"GET /_sluice/faults lists them", "`sluice fault list` lists them",
		"GET /_sluice/snapshots lists them", "`sluice snapshot list` lists them",
		"GET /_sluice/functions lists those of an account and region", "`sluice functions` lists them",
		"GET /_sluice/ops and the README list what it has", "`sluice ops` lists what it has",
		"say ?account= and ?region= if", "say --account and --region if",
		"the body is not the JSON object expected", "the server does not understand what it was sent",
	).Replace(text)
}
