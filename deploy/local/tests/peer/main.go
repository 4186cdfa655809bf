// Peer is what runs in the pods of the cluster's test: it notes its starts in
// its volumes, and on request lists them or asks another peer.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	own    = "/data/starts" // on the volume of this pod
	shared = "/shared"      // on the volume of all pods
)

func main() {
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	if err := appendLine(own, name); err != nil {
		log.Fatal(err)
	}
	if err := appendLine(filepath.Join(shared, name), name); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/name", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, name) })
	http.HandleFunc("/starts", func(w http.ResponseWriter, _ *http.Request) {
		content, err := os.ReadFile(own)
		answer(w, content, err)
	})
	http.HandleFunc("/shared", func(w http.ResponseWriter, _ *http.Request) {
		entries, err := os.ReadDir(shared)
		for _, entry := range entries {
			fmt.Fprintln(w, entry.Name())
		}
		answer(w, nil, err)
	})
	http.HandleFunc("/ask", func(w http.ResponseWriter, r *http.Request) {
		client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Get(r.FormValue("url"))
		if err != nil {
			answer(w, nil, err)
			return
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		answer(w, content, err)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func answer(w http.ResponseWriter, content []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_, _ = w.Write(content)
}

func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, line)
	if err == nil {
		err = f.Sync()
	}
	f.Close()
	return err
}
