package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sluice/cmd/sluice/template"
)

// maxCode bounds the code of a function, as Lambda does for what it is sent.
const maxCode = 50 << 20

// codeOf packs the code of a function.
func codeOf(folder string, f template.Function) ([]byte, error) {
	if f.Inline != "" {
		name := "index.js"
		if strings.HasPrefix(f.Runtime, "python") {
			name = "index.py"
		}
		return packed(func(z *zip.Writer) error { return addFile(z, name, 0o644, strings.NewReader(f.Inline)) })
	}
	if f.Missing != "" {
		return nil, errors.New(f.Missing)
	}
	path := f.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("its code is not there: %w", err)
	case info.IsDir():
		return packed(func(z *zip.Writer) error { return addFolder(z, path) })
	case info.Size() > maxCode:
		return nil, fmt.Errorf("its code is larger than %d bytes", maxCode)
	}
	return os.ReadFile(path)
}

func packed(fill func(*zip.Writer) error) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	if err := errors.Join(fill(z), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func addFile(z *zip.Writer, name string, mode fs.FileMode, from io.Reader) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(mode)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, from)
	return err
}

// addFolder adds the files of a folder. Links are followed only within it.
func addFolder(z *zip.Writer, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	left := int64(5 * maxCode) // before it is packed
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := root.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		if left -= info.Size(); left < 0 {
			return fmt.Errorf("its code is larger than %d bytes", 5*maxCode)
		}
		return addFile(z, name, info.Mode().Perm(), file)
	})
}
