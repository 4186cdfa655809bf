package render

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"trackercluster/deploy/local/internal/plan"
)

var update = flag.Bool("update", false, "write the expected files anew")

var cluster = plan.Cluster{Dir: "/state", Prefix: "tlk123456"}

// lines shows a command line as a file.
func lines(flags []string) []byte { return []byte(strings.Join(flags, "\n") + "\n") }

func TestConfiguration(t *testing.T) {
	for name, got := range map[string][]byte{
		"base.yaml":                     Base(),
		"audit.yaml":                    AuditPolicy(),
		"Corefile":                      Corefile(cluster),
		"containerd.toml":               Containerd(cluster, 2),
		"cni.conflist":                  CNI(2),
		"kubelet.yaml":                  Kubelet(cluster, 2, false),
		"kubelet-fast.yaml":             Kubelet(cluster, 2, true),
		"kubeconfig.yaml":               Kubeconfig("127.0.0.1:36443", []byte("certificate"), "secret"),
		"etcd.flags":                    lines(EtcdFlags(cluster)),
		"kube-apiserver.flags":          lines(APIServerFlags(cluster, false)),
		"kube-apiserver-fast.flags":     lines(APIServerFlags(cluster, true)),
		"controller-manager.flags":      lines(ControllerManagerFlags(cluster, false)),
		"controller-manager-fast.flags": lines(ControllerManagerFlags(cluster, true)),
		"scheduler.flags":               lines(SchedulerFlags(cluster)),
		"kube-proxy.flags":              lines(ProxyFlags(cluster, 2)),
		"provisioner.flags":             lines(ProvisionerFlags(cluster)),
		"kubelet.flags":                 lines(KubeletFlags(cluster, 2)),
	} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s has changed (go test ./internal/render -update accepts it):\n%s", name, got)
		}
	}
}

func TestYAMLCanBeRead(t *testing.T) {
	for name, text := range map[string][]byte{
		"audit": AuditPolicy(), "base": Base(),
		"kubelet": Kubelet(cluster, 1, false), "fast kubelet": Kubelet(cluster, 1, true),
		"kubeconfig": Kubeconfig("127.0.0.1:1", []byte("x"), "y"),
	} {
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			var content struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal([]byte(document), &content); err != nil {
				t.Errorf("%s: %v:\n%s", name, err, document)
			}
			if content.APIVersion == "" || content.Kind == "" {
				t.Errorf("%s: no object:\n%s", name, document)
			}
		}
	}
}

func TestDefaultTimingsAreKubernetesOwn(t *testing.T) {
	if len(Environment(false)) != 0 || len(Environment(true)) == 0 {
		t.Error("only the fast timings have an environment")
	}
	text := string(Kubelet(cluster, 1, false)) + strings.Join(ControllerManagerFlags(cluster, false), " ") + strings.Join(APIServerFlags(cluster, false), " ")
	for _, setting := range []string{"nodeStatus", "nodeLease", "node-monitor", "toleration"} {
		if strings.Contains(text, setting) {
			t.Errorf("%s is set", setting)
		}
	}
}
