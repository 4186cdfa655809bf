// Package components holds the programs that make up a Kubernetes, each to be
// run in a process of its own.
package components

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Run is the main function of the component with that name. Kubernetes' own
// end the process by themselves.
func Run(name string, arguments []string) error {
	// The program ties its first thread for commands that change namespaces; these do not.
	runtime.UnlockOSThread()
	// All of them read the process's arguments.
	os.Args = append([]string{name}, arguments...)
	switch name {
	case "kube-apiserver":
		serve(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		serve(manager.NewControllerManagerCommand())
	case "kube-scheduler":
		serve(scheduler.NewSchedulerCommand())
	case "kubelet":
		serve(kubelet.NewKubeletCommand(context.Background()))
	case "kube-proxy":
		serve(proxy.NewProxyCommand())
	case "kubectl":
		return kubectl()
	case "etcd":
		return etcd(arguments)
	case "coredns":
		return coredns()
	case "provisioner":
		return provision(arguments)
	default:
		return fmt.Errorf("there is no component %q", name)
	}
	return nil
}

func serve(command *cobra.Command) { os.Exit(cli.Run(command)) }
