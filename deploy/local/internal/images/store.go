// Package images keeps the image archives that every node is to have.
package images

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"trackercluster/deploy/local/internal/plan"
	"trackercluster/deploy/local/internal/state"
)

// Image is one archive of the cluster's store.
type Image struct {
	Archive string
	stored  time.Time
	// version changes whenever the archive does.
	version string
}

// Missing lists the archives of the store that a node has not loaded in their
// present version, the oldest first: of two with the same name the later counts.
func Missing(c plan.Cluster, node plan.Machine) ([]Image, error) {
	archives, err := filepath.Glob(filepath.Join(c.Images(), "*.tar"))
	if err != nil {
		return nil, err
	}
	var missing []Image
	for _, archive := range archives {
		info, err := os.Stat(archive)
		if err != nil {
			return nil, err
		}
		image := Image{Archive: archive, stored: info.ModTime(), version: fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())}
		loaded, err := os.ReadFile(mark(c, node, image))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if string(loaded) != image.version {
			missing = append(missing, image)
		}
	}
	slices.SortFunc(missing, func(a, b Image) int { return a.stored.Compare(b.stored) })
	return missing, nil
}

// MarkLoaded remembers that the node has the image; it keeps it over a restart.
func MarkLoaded(c plan.Cluster, node plan.Machine, image Image) error {
	return state.WriteFile(mark(c, node, image), []byte(image.version), 0o644)
}

// Import are the arguments with which `ctr` loads an archive for Kubernetes.
func Import(archive string) []string {
	return []string{"--namespace=k8s.io", "images", "import", archive}
}

// Archive is the path in the store for an image, or for an archive file, of that name.
func Archive(c plan.Cluster, name string) string {
	name = strings.TrimSuffix(name, ".tar")
	safe := strings.Map(func(r rune) rune {
		if strings.ContainsRune("/:@", r) {
			return '_'
		}
		return r
	}, name)
	return filepath.Join(c.Images(), safe+".tar")
}

// Reference completes an image's name as buildah does: `tracker` is `localhost/tracker:latest`.
func Reference(name string) string {
	first, rest, found := strings.Cut(name, "/")
	if !found || !strings.ContainsAny(first, ".:") && first != "localhost" {
		first, rest = "localhost", name
	}
	if !strings.ContainsAny(rest, ":@") {
		rest += ":latest"
	}
	return first + "/" + rest
}

func mark(c plan.Cluster, node plan.Machine, image Image) string {
	return filepath.Join(c.MachineDir(node), "loaded", filepath.Base(image.Archive))
}
