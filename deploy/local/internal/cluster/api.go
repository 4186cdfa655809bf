package cluster

import (
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// client talks to the API server from the host.
func (c Cluster) client() (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.HostKubeconfig())
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // one command asks little
	return kubernetes.NewForConfig(config)
}
