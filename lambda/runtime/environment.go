package runtime

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// environment is what a process finds: that of Sluice without its own settings
// and without anything that leads to the real AWS, then what Lambda sets, then
// what the function's definition says.
func environment(h *Host, d *Definition, dir, api, id string) []string {
	vars := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "SLUICE_") && !strings.HasPrefix(name, "LAMBDA_") && name != "" {
			vars[name] = value
		}
	}
	root, err := filepath.Abs(dir)
	if err != nil {
		root = dir
	}
	now := h.cfg.Host.Now()
	maps.Copy(vars, map[string]string{
		"_HANDLER":                        d.Handler,
		"LAMBDA_TASK_ROOT":                root,
		"LAMBDA_RUNTIME_DIR":              root,
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_REGION":                      d.Region,
		"AWS_DEFAULT_REGION":              d.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        d.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     or(d.Version, latest),
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(d.MemoryMB),
		"AWS_LAMBDA_FUNCTION_TIMEOUT":     strconv.Itoa(int(d.Timeout.Seconds())),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + d.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      now.Format("2006/01/02") + "/[" + or(d.Version, latest) + "]" + strings.ReplaceAll(id, "-", ""),
		// Keys of nobody; an access key id of 12 digits names the account.
		"AWS_ACCESS_KEY_ID":     d.Account,
		"AWS_SECRET_ACCESS_KEY": "sluice",
		"TZ":                    ":UTC",
	})
	if url := h.cfg.URL(); url != "" {
		vars["AWS_ENDPOINT_URL"] = url
	}
	if d.Runtime != "" {
		vars["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + d.Runtime
	}
	maps.Copy(vars, d.Env)
	list := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		list = append(list, name+"="+vars[name])
	}
	return list
}
