package pki

import (
	"crypto/rand"
	"fmt"
	"strings"

	"trackercluster/deploy/local/internal/plan"
)

// User is someone the API server knows by a token.
type User struct {
	// File names the user's kubeconfig.
	File string
	// Name and Group are what Kubernetes grants rights to.
	Name, Group string
	Token       string
}

// Users are all who talk to the API server: each component and each node has a name of its own.
func Users() []User {
	users := []User{
		{File: "admin", Name: "admin", Group: "system:masters"},
		{File: "controller-manager", Name: "system:kube-controller-manager"},
		{File: "scheduler", Name: "system:kube-scheduler"},
		{File: "proxy", Name: "system:kube-proxy"},
		{File: "coredns", Name: "local-kubernetes:coredns"},
		{File: "provisioner", Name: "local-kubernetes:provisioner"},
	}
	for _, node := range plan.Nodes(plan.MaxNodes) {
		users = append(users, User{File: node.Name(), Name: "system:node:" + node.Name(), Group: "system:nodes"})
	}
	for i := range users {
		users[i].Token = rand.Text()
	}
	return users
}

// TokenFile is what the API server reads: token, name, id and groups of each user.
func TokenFile(users []User) []byte {
	var text strings.Builder
	for _, u := range users {
		fmt.Fprintf(&text, "%s,%s,%s,%s\n", u.Token, u.Name, u.File, u.Group)
	}
	return []byte(text.String())
}
