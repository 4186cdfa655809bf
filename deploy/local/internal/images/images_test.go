package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"trackercluster/deploy/local/internal/plan"
)

// unpack reads a tar archive into its files.
func unpack(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	reader := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}

// follow finds what a descriptor points to and checks digest and size.
func follow(t *testing.T, files map[string][]byte, d descriptor) []byte {
	t.Helper()
	content, ok := files["blobs/sha256/"+d.Digest[len("sha256:"):]]
	if !ok {
		t.Fatalf("%s is not in the archive", d.Digest)
	}
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); got != d.Digest || len(content) != d.Size {
		t.Fatalf("%s has other content: %s, %d bytes", d.Digest, got, len(content))
	}
	return content
}

func TestArchiveLeadsFromTheNameToTheProgram(t *testing.T) {
	archive, err := Single("localhost/thing:1", "thing", []byte("a program"))
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, archive)
	if string(files["oci-layout"]) != `{"imageLayoutVersion":"1.0.0"}` {
		t.Errorf("no layout: %q", files["oci-layout"])
	}
	var index struct{ Manifests []descriptor }
	if err := json.Unmarshal(files["index.json"], &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Manifests) != 1 || index.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "localhost/thing:1" {
		t.Fatalf("the index names %+v", index.Manifests)
	}
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	if err := json.Unmarshal(follow(t, files, index.Manifests[0]), &manifest); err != nil {
		t.Fatal(err)
	}
	var config struct {
		Config struct{ Entrypoint []string }
		Rootfs struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(follow(t, files, manifest.Config), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Config.Entrypoint) != 1 || config.Config.Entrypoint[0] != "/thing" {
		t.Errorf("it runs %q", config.Config.Entrypoint)
	}
	if len(manifest.Layers) != 1 || len(config.Rootfs.DiffIDs) != 1 || config.Rootfs.DiffIDs[0] != manifest.Layers[0].Digest {
		t.Fatalf("layers %+v, content %q", manifest.Layers, config.Rootfs.DiffIDs)
	}
	layer := follow(t, files, manifest.Layers[0])
	if got := unpack(t, layer)["thing"]; string(got) != "a program" {
		t.Errorf("the program is %q", got)
	}
	header, err := tar.NewReader(bytes.NewReader(layer)).Next()
	if err != nil || header.Mode&0o111 != 0o111 {
		t.Errorf("not everybody may run it: %o, %v", header.Mode, err)
	}
}

func TestArchiveIsTheSameEachTime(t *testing.T) {
	first, err := Single("localhost/thing:1", "thing", []byte("a program"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Single("localhost/thing:1", "thing", []byte("a program"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("it differs")
	}
}

func TestReference(t *testing.T) {
	for name, want := range map[string]string{
		"tracker":                       "localhost/tracker:latest",
		"tracker:dev":                   "localhost/tracker:dev",
		"team/tracker:dev":              "localhost/team/tracker:dev",
		"localhost/tracker":             "localhost/tracker:latest",
		"localhost/tracker:dev":         "localhost/tracker:dev",
		"registry.example:5000/tracker": "registry.example:5000/tracker:latest",
		"registry.example/a/b:1":        "registry.example/a/b:1",
	} {
		if got := Reference(name); got != want {
			t.Errorf("%s becomes %s, not %s", name, got, want)
		}
	}
}

func TestNamesOfArchivesStayInTheStore(t *testing.T) {
	c := plan.New("/state")
	for name, want := range map[string]string{
		"localhost/tracker:1": "/state/images/localhost_tracker_1.tar",
		"tracker.tar":         "/state/images/tracker.tar",
		"../../etc/passwd":    "/state/images/.._.._etc_passwd.tar",
	} {
		if got := Archive(c, name); got != want {
			t.Errorf("%s becomes %s, not %s", name, got, want)
		}
	}
}

func TestANodeMissesWhatItHasNotLoadedOrWhatHasChanged(t *testing.T) {
	c := plan.New(t.TempDir())
	missing := func() []Image {
		t.Helper()
		images, err := Missing(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		return images
	}
	if got := missing(); len(got) != 0 {
		t.Fatalf("an empty store: %v", got)
	}
	if err := os.MkdirAll(c.Images(), 0o755); err != nil {
		t.Fatal(err)
	}
	archive := Archive(c, "a")
	if err := os.WriteFile(archive, []byte("first"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := missing()
	if len(got) != 1 || got[0].Archive != archive {
		t.Fatalf("a new one: %v", got)
	}
	if err := MarkLoaded(c, 1, got[0]); err != nil {
		t.Fatal(err)
	}
	if got := missing(); len(got) != 0 {
		t.Fatalf("it was loaded: %v", got)
	}
	if other, err := Missing(c, 2); err != nil || len(other) != 1 {
		t.Fatalf("another node has it too: %v, %v", other, err)
	}
	if err := os.WriteFile(archive, []byte("a later one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := missing(); len(got) != 1 {
		t.Fatal("it has changed")
	}
}

func TestAnArchiveThatHasNotChangedStaysInTheStore(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	write := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(from, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Stores what lies at `from` and says whether that wrote a new file.
	store := func() (written bool) {
		t.Helper()
		before, _ := os.Stat(to)
		if err := Store(from, to); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(to)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := os.ReadFile(from)
		if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("not the same: %v", err)
		}
		return before == nil || !os.SameFile(before, after)
	}
	for _, size := range []int{0, 5, 1 << 20, 1<<20 + 1, 3 << 20} {
		content := bytes.Repeat([]byte{7}, size)
		write(content)
		if !store() {
			t.Errorf("%d bytes: a new one is not stored", size)
		}
		if store() {
			t.Errorf("%d bytes: it is stored twice", size)
		}
		write(append(content, 1))
		if !store() {
			t.Errorf("%d bytes: a longer one is not stored", size)
		}
	}
	last := bytes.Repeat([]byte{7}, 3<<20)
	write(last)
	store()
	last[len(last)-1] = 8
	write(last)
	if !store() {
		t.Error("one that differs in the last byte is not stored")
	}
}

func TestTheArchiveStoredLastIsLoadedLast(t *testing.T) {
	c := plan.New(t.TempDir())
	if err := os.MkdirAll(c.Images(), 0o755); err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for age, name := range []string{"newest", "middle", "oldest"} {
		if err := os.WriteFile(Archive(c, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(Archive(c, name), begin, begin.Add(-time.Duration(age)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	missing, err := Missing(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"oldest", "middle", "newest"} {
		if missing[i].Archive != Archive(c, name) {
			t.Errorf("%d is %s", i, missing[i].Archive)
		}
	}
}
