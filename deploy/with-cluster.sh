#!/usr/bin/env bash
# with-cluster.sh [--keep] COMMAND…: runs a command with a Kubernetes that has this project's images, and takes away
# afterwards what it brought up itself, unless --keep. Which cluster:
#   TRACKER_KUBE_CONTEXT=… (with TRACKER_IMAGE_REGISTRY=…)   that one; faults that would hurt it are left out
#   a Docker engine and `kind`                               a kind cluster of three workers (written, never run here)
#   else                                                     deploy/local, a real Kubernetes of three nodes on this machine
# The command finds: KUBECONFIG, TRACKER_E2E (context, kind, local), TRACKER_IMAGES (what images' names begin with),
# TRACKER_POSTGRES_IMAGE, TRACKER_PROMETHEUS_IMAGE, TRACKER_SHARED_CLASS, TRACKER_IMAGES_STAMP and, for `local`, TRACKER_LOCAL_KUBERNETES.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}
version=${TRACKER_VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)}
export TRACKER_VERSION=$version
keep=no
[ "${1:-}" != --keep ] || { keep=yes; shift; }
started=no

say() { echo "-- $*"; }
down() {
  [ "$started" = yes ] && [ "$keep" = no ] || return 0
  say "taking the cluster down"
  case $TRACKER_E2E in
    kind) kind delete cluster --name trackercluster ;;
    local) deploy/local-kubernetes.sh down ;;
  esac
}
trap down EXIT

if [ -n "${TRACKER_KUBE_CONTEXT:-}" ]; then
  TRACKER_E2E=context
elif command -v kind >/dev/null && docker info >/dev/null 2>&1; then
  TRACKER_E2E=kind
else
  TRACKER_E2E=local
fi
export TRACKER_E2E KUBECONFIG

say "images"
archives=$(timeout --kill-after=60 40m deploy/images.sh)
echo "$archives"
TRACKER_IMAGES_STAMP=$(cut -c1-16 "$cache/images/tracker-operator.tar.stamp")
export TRACKER_IMAGES_STAMP

case $TRACKER_E2E in
  context)
    : "${TRACKER_IMAGE_REGISTRY:?a registry that the cluster pulls from and that you may push to, such as registry.example/team}"
    umask 077
    mkdir -p "$cache"
    KUBECONFIG=$cache/kubeconfig-context
    kubectl config view --minify --flatten --context "$TRACKER_KUBE_CONTEXT" > "$KUBECONFIG.new"
    mv "$KUBECONFIG.new" "$KUBECONFIG"
    grep -E '/tracker' <<< "$archives" | while read -r name archive; do
      say "pushing ${name#localhost/}"
      buildah push --quiet "oci-archive:$archive" "docker://$TRACKER_IMAGE_REGISTRY/${name#localhost/}"
    done
    export TRACKER_IMAGES=$TRACKER_IMAGE_REGISTRY
    export TRACKER_POSTGRES_IMAGE=${TRACKER_POSTGRES_IMAGE:-postgres:17} TRACKER_PROMETHEUS_IMAGE=${TRACKER_PROMETHEUS_IMAGE:-prom/prometheus}
    ;;
  kind)
    KUBECONFIG=$cache/kubeconfig-kind
    if ! kind get clusters 2>/dev/null | grep -qx trackercluster; then
      started=yes
      # Made here and open to the pods' user: a folder that the kubelet makes belongs to root.
      mkdir -p "$cache/kind-shared"/{1..40}
      chmod 0777 "$cache/kind-shared"/*
      sed "s#SHARED_FOLDER#$cache/kind-shared#" deploy/kind.yaml | kind create cluster --name trackercluster --kubeconfig "$KUBECONFIG" --config -
    fi
    kind export kubeconfig --name trackercluster --kubeconfig "$KUBECONFIG"
    while read -r _ archive; do kind load image-archive --name trackercluster "$archive"; done <<< "$archives"
    deploy/kind-shared-volumes.sh | kubectl apply -f -
    export TRACKER_IMAGES=localhost
    export TRACKER_POSTGRES_IMAGE=localhost/postgres:15 TRACKER_PROMETHEUS_IMAGE=localhost/prometheus:debian
    ;;
  local)
    say "local Kubernetes"
    TRACKER_LOCAL_KUBERNETES=$(deploy/local-kubernetes.sh path)
    export TRACKER_LOCAL_KUBERNETES
    "$TRACKER_LOCAL_KUBERNETES" status >/dev/null 2>&1 || started=yes
    "$TRACKER_LOCAL_KUBERNETES" up --fast --nodes "${TRACKER_NODES:-3}"
    mapfile -t files < <(cut -d" " -f2 <<< "$archives")
    "$TRACKER_LOCAL_KUBERNETES" load "${files[@]}"
    KUBECONFIG=$("$TRACKER_LOCAL_KUBERNETES" kubeconfig)
    export TRACKER_IMAGES=localhost
    while read -r name _; do
      case $name in
        */postgres:*) export TRACKER_POSTGRES_IMAGE=$name ;;
        */prometheus:*) export TRACKER_PROMETHEUS_IMAGE=$name ;;
      esac
    done <<< "$archives"
    ;;
esac
export TRACKER_SHARED_CLASS=${TRACKER_SHARED_CLASS:-shared}

"$@"
