package sluice

import (
	"encoding"
	"fmt"
	"slices"
	"strings"
)

// Setting is one line of the table of settings: a flag, its environment twin
// and its place in the file are three ways to the same field.
type Setting struct {
	// Flag is the name of the flag, without dashes.
	Flag string
	// Section is the part of the file that holds it, under the flag's name.
	Section string
	// Usage is a line for people.
	Usage string
	// Placeholder stands for the value in help texts; empty for switches.
	Placeholder string
	// Repeatable settings take a list: the flag several times, the environment
	// separated by commas.
	Repeatable bool
	// Live settings are applied by a reload; others need a restart.
	Live bool

	set func(c *Config, values []string) error
	get func(c *Config) []string
}

// Env is the name of the environment variable.
func (s Setting) Env() string {
	return "SLUICE_" + strings.ToUpper(strings.ReplaceAll(s.Flag, "-", "_"))
}

// Default is the default in the form a flag takes it.
func (s Setting) Default() string {
	c := Config{}.withDefaults()
	return strings.Join(s.get(&c), ",")
}

// IsSwitch is true for settings that are on or off.
func (s Setting) IsSwitch() bool { return s.Placeholder == "" }

// Settings is the table of all settings, in the order help shows them.
func Settings() []Setting {
	return slices.Concat(serverSettings(), storeSettings(), lambdaSettings(), firehoseSettings(), s3Settings(), glueSettings())
}

func serverSettings() []Setting {
	return []Setting{
		list("server", "listen", "HOST:PORT", "address to serve at", func(c *Config) *[]string { return &c.Listen }),
		text("server", "region", "REGION", "region of requests that do not say", func(c *Config) *string { return &c.Region }),
		text("server", "account", "ID", "account of requests that do not say", func(c *Config) *string { return &c.Account }),
		list("server", "host-name", "NAME", "further name for certificates and Host checks", func(c *Config) *[]string { return &c.HostNames }),
		text("server", "tls-cert", "FILE", "certificate in PEM, instead of one from a local authority", func(c *Config) *string { return &c.TLSCert }),
		text("server", "tls-key", "FILE", "key of the certificate", func(c *Config) *string { return &c.TLSKey }),
		list("server", "cors-origins", "ORIGIN", "web origin that may call, instead of loopback ones", func(c *Config) *[]string { return &c.CORSOrigins }),
		text("server", "admin-listen", "HOST:PORT", "address of its own for /_sluice/", func(c *Config) *string { return &c.AdminListen }),
		toggle("server", "allow-exec", "let functions start processes, with the rights of this user", func(c *Config) *bool { return &c.AllowExec }),
		text("server", "admin-token", "TOKEN", "bearer token that /_sluice/ asks for", func(c *Config) *string { return &c.AdminToken }),
		typed("server", "auth", "off|verify", "whether signatures of requests are checked", func(c *Config) *Auth { return &c.Auth }),
		text("server", "credentials", "FILE", "keys that may call with --auth verify", func(c *Config) *string { return &c.Credentials }),
		typed("server", "memory-limit", "SIZE", "one budget for bodies, pages and caches", func(c *Config) *Size { return &c.MemoryLimit }),
		live(typed("server", "limits", "aws|off|xN", "rates to enforce: those of AWS, none, N times those of AWS", func(c *Config) *Limits { return &c.Limits })),
		typed("server", "transition", "DUR|aws", "how long CREATING, UPDATING and DELETING last", func(c *Config) *Transition { return &c.Transition }),
	}
}

func storeSettings() []Setting {
	return []Setting{
		text("store", "data", "DIR", "folder where state lives", func(c *Config) *string { return &c.Data }),
		toggle("store", "memory", "keep state in memory only", func(c *Config) *bool { return &c.Memory }),
		typed("store", "durability", "process|disk", "what an acknowledged write survives: kill -9 or power loss", func(c *Config) *Durability { return &c.Durability }),
		typed("log", "log-format", "text|json", "form of the log", func(c *Config) *LogFormat { return &c.LogFormat }),
		live(levelSetting()),
		toggle("log", "log-requests", "log one line per call", func(c *Config) *bool { return &c.LogRequests }),
	}
}

func live(s Setting) Setting {
	s.Live = true
	return s
}

func text(section, flag, placeholder, usage string, field func(*Config) *string) Setting {
	return Setting{Flag: flag, Section: section, Usage: usage, Placeholder: placeholder,
		set: func(c *Config, v []string) error { *field(c) = v[0]; return nil },
		get: func(c *Config) []string { return nonEmpty(*field(c)) },
	}
}

func list(section, flag, placeholder, usage string, field func(*Config) *[]string) Setting {
	return Setting{Flag: flag, Section: section, Usage: usage, Placeholder: placeholder, Repeatable: true,
		set: func(c *Config, v []string) error { *field(c) = v; return nil },
		get: func(c *Config) []string { return *field(c) },
	}
}

func toggle(section, flag, usage string, field func(*Config) *bool) Setting {
	return Setting{Flag: flag, Section: section, Usage: usage,
		set: func(c *Config, v []string) error {
			on, err := parseBool(v[0])
			if err == nil {
				*field(c) = on
			}
			return err
		},
		get: func(c *Config) []string { return []string{fmt.Sprint(*field(c))} },
	}
}

// typed is a setting whose type refuses bad text.
func typed[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](section, flag, placeholder, usage string, field func(*Config) *T) Setting {
	return Setting{Flag: flag, Section: section, Usage: usage, Placeholder: placeholder,
		set: func(c *Config, v []string) error { return P(field(c)).UnmarshalText([]byte(v[0])) },
		get: func(c *Config) []string { return []string{fmt.Sprint(*field(c))} },
	}
}

func levelSetting() Setting {
	return Setting{Flag: "log-level", Section: "log", Usage: "least level that is logged", Placeholder: "debug|info|warn|error",
		set: func(c *Config, v []string) error {
			if c.LogLevel.UnmarshalText([]byte(v[0])) != nil {
				return fmt.Errorf("%q is not one of debug, info, warn, error", v[0])
			}
			return nil
		},
		get: func(c *Config) []string { return []string{strings.ToLower(c.LogLevel.String())} },
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
