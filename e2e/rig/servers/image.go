package servers

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
)

// An image is a manifest and the two blobs that it names. Its bytes are fixed, so its digests are the
// same everywhere.
type image struct {
	manifest []byte
	config   []byte
	layer    []byte
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json"

// newImage makes the one image that there is.
//
// https://distribution.github.io/distribution/spec/manifest-v2-2/
func newImage() (i image, err error) {
	if i.layer, err = layer("README", "Only those with a token pull this.\n"); err != nil {
		return image{}, err
	}
	i.config, err = json.Marshal(object{
		"architecture": "amd64", "os": "linux", "config": object{}, "created": "2026-11-24T00:00:00Z",
		"rootfs": object{"type": "layers", "diff_ids": []string{digest(i.layer)}},
	})
	if err != nil {
		return image{}, err
	}
	part := func(kind string, content []byte) object {
		return object{"mediaType": kind, "size": len(content), "digest": digest(content)}
	}
	i.manifest, err = json.Marshal(object{
		"schemaVersion": 2,
		"mediaType":     manifestType,
		"config":        part("application/vnd.docker.container.image.v1+json", i.config),
		"layers":        []object{part("application/vnd.docker.image.rootfs.diff.tar", i.layer)},
	})
	return i, err
}

func digest(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }

// layer is a file system with one file in it. It isn't compressed: what a compressor writes may
// change with its version, and the digest with it.
func layer(name, content string) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, content); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}
