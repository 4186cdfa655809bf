package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime"
)

const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar"
)

// descriptor points from one part of an image to another.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Single is an OCI archive of an image that holds nothing but one static
// program, which it runs as a user without rights. The same input gives the
// same bytes.
func Single(reference, name string, program []byte) ([]byte, error) {
	layer, err := tarOf([]file{{name: name, mode: 0o755, content: program}})
	if err != nil {
		return nil, err
	}
	a := archive{}
	layerAt := a.add(typeLayer, layer)
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/" + name}, "User": "65535:65535"},
		// The layer is not compressed, so its digest is that of its content too.
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layerAt.Digest}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     typeManifest,
		"config":        a.add(typeConfig, config),
		"layers":        []descriptor{layerAt},
	})
	if err != nil {
		return nil, err
	}
	manifestAt := a.add(typeManifest, manifest)
	manifestAt.Annotations = map[string]string{"org.opencontainers.image.ref.name": reference}
	index, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": typeIndex, "manifests": []descriptor{manifestAt},
	})
	if err != nil {
		return nil, err
	}
	a.files = append(a.files,
		file{name: "index.json", mode: 0o644, content: index},
		file{name: "oci-layout", mode: 0o644, content: []byte(`{"imageLayoutVersion":"1.0.0"}`)})
	return tarOf(a.files)
}

// archive collects the files of an image layout.
type archive struct{ files []file }

func (a *archive) add(mediaType string, content []byte) descriptor {
	digest := fmt.Sprintf("%x", sha256.Sum256(content))
	a.files = append(a.files, file{name: "blobs/sha256/" + digest, mode: 0o644, content: content})
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(content)}
}

type file struct {
	name    string
	mode    int64
	content []byte
}

func tarOf(files []file) ([]byte, error) {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Format: tar.FormatUSTAR}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
