package components

import (
	"flag"

	"github.com/coredns/coredns/coremain"

	// Only the plugins that a cluster's DNS needs.
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/ready"
)

// coredns hands over to CoreDNS, which reads the flags of the whole process (-conf FILE).
func coredns() error {
	flag.CommandLine.Init("coredns", flag.ExitOnError)
	coremain.Run()
	return nil
}
