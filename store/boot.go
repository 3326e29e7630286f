package store

import (
	"os"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// bootFile has a name that the kernel gives itself each time it starts.
const bootFile = "/proc/sys/kernel/random/boot_id"

// bootOf names the present start of the machine that a file system is of; empty
// when nobody can tell. What was handed to the kernel since is there, whatever
// became of the process.
func bootOf(fs vfs.FS) string {
	if fs != vfs.Default {
		return ""
	}
	b, err := os.ReadFile(bootFile)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
