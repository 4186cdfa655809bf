#!/usr/bin/env bash
# install-dependencies.sh GROUP…   groups: build test cluster charts
# Lists what is missing on this machine and installs it: Debian packages with apt, helm with Go into the cache.
# Asks first; with CI=true, or as root with YES=1, it doesn't.
set -euo pipefail

cache=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}
helm_version=v4.3.1
packages=() missing_tools=() want_helm=no

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] || [ -x "$cache/bin/$1" ]; }
need() { have "$1" || packages+=("$2"); }                # PROGRAM PACKAGE
tool() { have "$1" || missing_tools+=("$1: $2"); }       # PROGRAM ADVICE

for group in "$@"; do
  case $group in
    build)
      need cc build-essential
      need file file
      tool cargo "install Rust with rustup (https://rustup.rs); rust-toolchain.toml names the version"
      ;;
    test)
      need curl curl
      [ -n "${TRACKER_TEST_DATABASE:-}" ] || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
      ;;
    cluster)
      # A given cluster needs no more than a way to build and push images.
      need buildah buildah
      [ -f /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
      if [ -z "${TRACKER_KUBE_CONTEXT:-}" ]; then
        tool go "install Go 1.26 or newer (https://go.dev/dl)"
        need containerd containerd
        need runc runc
        need iptables iptables
        need ip iproute2
        need conntrack conntrack
        need ps procps
        need nsenter util-linux
        [ -x /usr/lib/cni/bridge ] || packages+=(containernetworking-plugins)
      fi
      compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
      need prometheus prometheus
      want_helm=yes
      ;;
    charts)
      need promtool prometheus
      want_helm=yes
      ;;
    *) echo "install-dependencies.sh: no group '$group' (build, test, cluster, charts)" >&2; exit 2 ;;
  esac
done

if [ "$want_helm" = yes ] && ! have helm; then
  tool go "install Go 1.26 or newer (https://go.dev/dl)"
else
  want_helm=no
fi

if [ ${#missing_tools[@]} -gt 0 ]; then
  echo "missing, and not installed by this script:" >&2
  printf '  %s\n' "${missing_tools[@]}" | sort -u >&2
  exit 1
fi
[ ${#packages[@]} -gt 0 ] || [ "$want_helm" = yes ] || exit 0

mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sed '/^$/d' | sort -u)
echo "missing on this machine:"
[ ${#packages[@]} -eq 0 ] || echo "  Debian packages: ${packages[*]}"
[ "$want_helm" = no ] || echo "  helm $helm_version, built with Go into $cache/bin"

if [ "${CI:-}" != true ] && ! { [ "$(id -u)" = 0 ] && [ "${YES:-}" = 1 ]; }; then
  [ -t 0 ] || { echo "no terminal to ask on: set CI=true, or YES=1 as root, to install them" >&2; exit 1; }
  read -r -p "install them now? [y/N] " answer
  [ "$answer" = y ] || [ "$answer" = Y ] || exit 1
fi

if [ ${#packages[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  # The services that come with the packages are of no use here, and on some machines in the way: none is started.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap '"${as_root[@]}" rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
  fi
  # Nor is a database cluster made.
  if [ ! -e /etc/postgresql-common ] && [[ " ${packages[*]} " == *" postgresql "* ]]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/trackercluster.conf >/dev/null
  fi
  log=$(mktemp)
  {
    "${as_root[@]}" apt-get update -qq &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
  } > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -f "$log"
fi
if [ "$want_helm" = yes ]; then
  mkdir -p "$cache/bin"
  CGO_ENABLED=0 GOBIN="$cache/bin" go install -trimpath -ldflags '-s -w' "helm.sh/helm/v4/cmd/helm@$helm_version"
fi
