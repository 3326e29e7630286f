package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"sluice/store/kv"
)

const (
	// MaxUpload is the largest body of a request that brings a zip, 50 MB as
	// base64.
	MaxUpload = 69905067
	// unzippedMax is what a zip may grow to.
	unzippedMax = 262144000
	// codePart is how much of a zip is stored under a key.
	codePart = 1 << 20
	// CodePattern is where zips can be fetched, for Code.Location.
	CodePattern = "/lambda-code/{code}"
)

// inspect checks a zip as far as AWS does and looks for a bootstrap.
func inspect(raw []byte) (bootstrap bool, err error) {
	if len(raw) == 0 {
		return false, errCodeEmpty()
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return false, errCodeBroken()
	}
	if len(z.File) == 0 {
		return false, errCodeEmpty()
	}
	var size uint64
	for _, f := range z.File {
		if size += f.UncompressedSize64; size > unzippedMax || size < f.UncompressedSize64 {
			return false, errUnzippedTooLarge()
		}
		bootstrap = bootstrap || f.Name == "bootstrap"
	}
	return bootstrap, nil
}

// putCode stores a zip under a new name and enters it into a configuration.
// Until that is stored, nothing points at it; see sweepCode.
func (r *Room) putCode(ctx context.Context, c *configuration, raw []byte) error {
	bootstrap, err := inspect(raw)
	if err != nil {
		return err
	}
	code := r.config.Dice.UUID().String()
	if !r.takeCode(code, int64(len(raw))) {
		return errCodeStorage()
	}
	for i := 0; i*codePart < len(raw); i++ {
		var b kv.Batch
		b.Set(fmt.Appendf(nil, "%s%s/%06d", codePrefix, code, i), raw[i*codePart:min(len(raw), (i+1)*codePart)])
		if err := r.space.Commit(ctx, &b); err != nil {
			r.giveCode(code)
			return fmt.Errorf("store the code of a function: %w", err)
		}
	}
	sum := sha256.Sum256(raw)
	c.Code, c.CodeSize, c.CodeSum, c.Bootstrap = code, int64(len(raw)), base64.StdEncoding.EncodeToString(sum[:]), bootstrap
	return nil
}

// takeCode counts a zip; it reports false when there is no room for it.
func (r *Room) takeCode(code string, size int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.codes[code]; ok {
		return true
	}
	if r.codeBytes+size > codeMax {
		return false
	}
	r.codes[code] = size
	r.codeBytes += size
	return true
}

// giveCode forgets a zip.
func (r *Room) giveCode(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codeBytes -= r.codes[code]
	delete(r.codes, code)
}

// code reads a zip; nil when there is none.
func (r *Room) code(ctx context.Context, code string) ([]byte, error) {
	var raw []byte
	from, to := rangeOf(codePrefix + code + "/")
	err := r.space.Scan(ctx, from, to, false, func(_, value []byte) (bool, error) {
		raw = append(raw, value...)
		return true, nil
	})
	return raw, err
}

// dropCode removes a zip unless a version of the function still has it. f.mu is held.
func (r *Room) dropCode(ctx context.Context, f *deployed, code string) {
	if code == "" {
		return
	}
	for _, used := range f.codes() {
		if used == code {
			return
		}
	}
	r.giveCode(code)
	var b kv.Batch
	deletePrefix(&b, codePrefix+code+"/")
	if err := r.space.Commit(context.WithoutCancel(ctx), &b); err != nil {
		// The next start removes it.
		r.config.Logger.Warn("the old code of a function could not be removed", "function", f.key.Name, "error", err)
	}
}

// sweepCode removes the zips that no version has.
func (r *Room) sweepCode(ctx context.Context) error {
	used := map[string]bool{}
	for _, f := range r.functions {
		for _, code := range f.codes() {
			used[code] = true
		}
		for _, c := range append([]configuration{f.now.Latest}, slices.Collect(maps.Values(f.versions))...) {
			if c.Code != "" {
				r.takeCode(c.Code, c.CodeSize)
			}
		}
	}
	var b kv.Batch
	from, end := rangeOf(codePrefix)
	for {
		var found string
		err := r.space.Scan(ctx, from, end, false, func(key, _ []byte) (bool, error) {
			found, _, _ = strings.Cut(strings.TrimPrefix(string(key), codePrefix), "/")
			return false, nil
		})
		if err != nil || found == "" {
			if err == nil && len(b.Ranges) > 0 {
				err = r.space.Commit(ctx, &b)
			}
			return err
		}
		_, from = rangeOf(codePrefix + found + "/")
		if !used[found] {
			deletePrefix(&b, codePrefix+found+"/")
		}
	}
}

// location is where a zip can be fetched.
func (r *Room) location(code string) string {
	endpoint := r.config.Endpoint()
	if endpoint == "" || code == "" {
		return ""
	}
	return endpoint + strings.TrimSuffix(CodePattern, "{code}") + code
}

// ServeCode answers GET CodePattern with a zip. Its name cannot be guessed, as
// the signature of the real address cannot.
func (r *Room) ServeCode(w http.ResponseWriter, req *http.Request) {
	name := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
	raw, err := r.code(req.Context(), name)
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		r.config.Logger.Error("the code of a function could not be read", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
	case err != nil || len(raw) == 0 || len(name) != 36:
		http.Error(w, "there is no such code", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/zip")
		_, _ = io.Copy(w, bytes.NewReader(raw)) // a client that hangs up is no error
	}
}

// imageSum stands for the digest of an image, which is nowhere to be had.
func imageSum(uri string) string {
	sum := sha256.Sum256([]byte(uri))
	return hex.EncodeToString(sum[:])
}
