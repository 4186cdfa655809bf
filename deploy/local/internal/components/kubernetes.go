// Package components holds the programs that make up a Kubernetes, each to be
// run in a process of its own.
package components

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Run is the main function of the component with that name; found is false
// when there is none. It mostly does not return: Kubernetes' own exit by themselves.
func Run(name string, arguments []string) (found bool, err error) {
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
		return true, kubectl()
	case "etcd":
		return true, etcd(arguments)
	case "coredns":
		return true, coredns()
	case "provisioner":
		return true, provision(arguments)
	default:
		return false, nil
	}
	return true, nil
}

func serve(command *cobra.Command) { os.Exit(cli.Run(command)) }
