package pki

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"
	"time"

	"trackercluster/deploy/local/internal/plan"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func authority(t *testing.T) (*Authority, *x509.CertPool) {
	t.Helper()
	a, err := NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(a.Certificate()) {
		t.Fatal("the authority's certificate cannot be read")
	}
	return a, pool
}

// leaf reads a pair and checks that key and certificate belong together.
func leaf(t *testing.T, p Pair) *x509.Certificate {
	t.Helper()
	both, err := tls.X509KeyPair(p.Certificate, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return both.Leaf
}

func TestServerIsTrustedByItsNamesOnly(t *testing.T) {
	a, pool := authority(t)
	p, err := a.Server("server", []string{"kubernetes.default"}, []string{"127.0.0.1", plan.APIService}, now)
	if err != nil {
		t.Fatal(err)
	}
	certificate := leaf(t, p)
	for name, good := range map[string]bool{"kubernetes.default": true, "127.0.0.1": true, plan.APIService: true, "example.org": false, "10.0.0.1": false} {
		_, err := certificate.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: now})
		if (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = certificate.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err == nil {
		t.Error("it can be used as a client's")
	}
}

func TestClientHasNameAndGroup(t *testing.T) {
	a, pool := authority(t)
	p, err := a.Client("somebody", "system:masters", now)
	if err != nil {
		t.Fatal(err)
	}
	certificate := leaf(t, p)
	if certificate.Subject.CommonName != "somebody" || strings.Join(certificate.Subject.Organization, ",") != "system:masters" {
		t.Errorf("it is for %s", certificate.Subject)
	}
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if _, other := authority(t); other != nil {
		if _, err := certificate.Verify(x509.VerifyOptions{Roots: other, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
			t.Error("another cluster's authority vouches for it")
		}
	}
}

func TestKeyPairBelongsTogether(t *testing.T) {
	private, public, err := KeyPair()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(private)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	block, _ = pem.Decode(public)
	half, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !key.(*ecdsa.PrivateKey).PublicKey.Equal(half) {
		t.Error("they are of two keys")
	}
}

func TestEveryNodeHasATokenOfItsOwn(t *testing.T) {
	users := Users()
	tokens, names := map[string]bool{}, map[string]bool{}
	for _, u := range users {
		if len(u.Token) < 16 || tokens[u.Token] {
			t.Errorf("%s has a bad token", u.Name)
		}
		tokens[u.Token], names[u.Name] = true, true
	}
	for _, node := range plan.Nodes(plan.MaxNodes) {
		if !names["system:node:"+node.Name()] {
			t.Errorf("%s has none", node.Name())
		}
	}
	if users[0].Group != "system:masters" {
		t.Error("the first user is not the administrator")
	}
}

func TestTokenFile(t *testing.T) {
	text := TokenFile([]User{{File: "admin", Name: "admin", Group: "system:masters", Token: "T1"}, {File: "proxy", Name: "system:kube-proxy", Token: "T2"}})
	if string(text) != "T1,admin,admin,system:masters\nT2,system:kube-proxy,proxy,\n" {
		t.Errorf("got %q", text)
	}
}

func TestFilesAreWrittenOnceAndForTheOwnerOnly(t *testing.T) {
	c := plan.New(t.TempDir())
	if err := WriteFiles(c, "127.0.0.1:1234", now); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(c.HostKubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(first), "server: https://127.0.0.1:1234") {
		t.Errorf("the host's kubeconfig leads elsewhere: %s", first)
	}
	for _, file := range []string{c.HostKubeconfig(), c.Kubeconfig("node-1"), c.PKI() + "/tokens.csv", c.PKI() + "/accounts.key"} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %s", file, info.Mode())
		}
	}
	if err := WriteFiles(c, "127.0.0.1:1234", now); err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(c.HostKubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("the second time made new secrets, which the running API server does not know")
	}
}
