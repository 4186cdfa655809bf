package components

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// provisionerName is what the storage classes in base.yaml ask for.
const provisionerName = "local-kubernetes/directory"

// directories makes a volume by making a directory under root. All nodes share
// the machine's file system: a volume of a node lies under the node's name and
// node affinity ties it there; a shared one lies under `shared`, for all.
type directories struct{ root string }

// provision runs the controller that makes and removes volumes.
func provision(arguments []string) error {
	flags := flag.NewFlagSet("provisioner", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	root := flags.String("root", "", "directory that holds the volumes")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	controller.NewProvisionController(ctx, client, provisionerName, directories{*root}, controller.LeaderElection(false)).Run(ctx)
	return nil
}

// Provision makes the directory and describes it as a volume.
func (d directories) Provision(_ context.Context, o controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	volume, err := d.describe(o)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	directory := pathOf(volume)
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// The kubelet changes no owner of a hostPath, so any user must be able to write. Chmod: MkdirAll obeys the umask.
	if err := os.Chmod(directory, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return volume, controller.ProvisioningFinished, nil
}

// Delete removes the directory of a volume that nobody claims any more.
func (d directories) Delete(_ context.Context, volume *core.PersistentVolume) error {
	directory := pathOf(volume)
	if relative, err := filepath.Rel(d.root, directory); err != nil || !filepath.IsLocal(relative) || filepath.Base(directory) != volume.Name {
		return fmt.Errorf("%q is not a directory of this provisioner", directory)
	}
	return os.RemoveAll(directory)
}

func (d directories) describe(o controller.ProvisionOptions) (*core.PersistentVolume, error) {
	volume := &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName},
		Spec: core.PersistentVolumeSpec{
			AccessModes:                   o.PVC.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			Capacity:                      core.ResourceList{core.ResourceStorage: o.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			VolumeMode:                    o.PVC.Spec.VolumeMode,
		},
	}
	if o.StorageClass.Parameters["shared"] == "true" {
		kind := core.HostPathDirectory
		volume.Spec.HostPath = &core.HostPathVolumeSource{Path: filepath.Join(d.root, "shared", o.PVName), Type: &kind}
		return volume, nil
	}
	for _, mode := range o.PVC.Spec.AccessModes {
		if mode == core.ReadWriteMany || mode == core.ReadOnlyMany {
			return nil, fmt.Errorf("%s: volumes of class %s belong to one node; use class shared", mode, o.StorageClass.Name)
		}
	}
	node := o.SelectedNodeName
	if node == "" {
		return nil, fmt.Errorf("no node was chosen: class %s needs volumeBindingMode WaitForFirstConsumer", o.StorageClass.Name)
	}
	// A local volume, unlike a hostPath, gets the pod's fsGroup.
	volume.Spec.Local = &core.LocalVolumeSource{Path: filepath.Join(d.root, node, o.PVName)}
	volume.Spec.NodeAffinity = &core.VolumeNodeAffinity{Required: &core.NodeSelector{
		NodeSelectorTerms: []core.NodeSelectorTerm{{MatchExpressions: []core.NodeSelectorRequirement{{
			Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{node},
		}}}},
	}}
	return volume, nil
}

func pathOf(volume *core.PersistentVolume) string {
	switch {
	case volume.Spec.HostPath != nil:
		return volume.Spec.HostPath.Path
	case volume.Spec.Local != nil:
		return volume.Spec.Local.Path
	}
	return ""
}
