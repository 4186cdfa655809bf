# The only door: every check, build and demonstration starts here. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Everything that is built or downloaded lies below one folder outside the checkout.
export TRACKER_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trackercluster
export CARGO_TARGET_DIR ?= $(TRACKER_CACHE)/target
export GOCACHE ?= $(TRACKER_CACHE)/go-build
export PATH := $(TRACKER_CACHE)/bin:$(HOME)/.cargo/bin:/usr/local/go/bin:/usr/local/sbin:/usr/sbin:$(PATH)

# Static binaries that run in an empty image. `--target` keeps the flags away from procedural macros;
# the getrandom flag, because an empty image has no /dev/urandom to look for.
HOST := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
ifneq (,$(filter %-unknown-linux-gnu,$(HOST)))
export CARGO_BUILD_TARGET ?= $(HOST)
FLAGS_OF_HOST := CARGO_TARGET_$(shell echo $(HOST) | tr a-z- A-Z_)_RUSTFLAGS
export $(FLAGS_OF_HOST) ?= -C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"
endif

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
export TRACKER_VERSION := $(VERSION)

.PHONY: help demo test check fmt clippy unit storage http tidy charts e2e bench soak images local-up local-down crds deny dependencies clean-up

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

demo: ## a three-node tracker on a real Kubernetes, with 1,000 issues, and a node killed
	@deploy/install-dependencies.sh build cluster
	@deploy/with-cluster.sh --keep deploy/demo.sh

test: ## everything: format, lints, unit, both databases, HTTP, charts, tidy, end to end
	@deploy/install-dependencies.sh build test cluster
	@deploy/trim-cache.sh
	@deploy/run-suites.sh

check: fmt clippy unit tidy ## the fast loop

fmt: ## formatting, checked (`cargo fmt` mends it)
	cargo fmt --all --check

clippy: ## lints, warnings denied
	cargo clippy --workspace --all-targets -- -D warnings

unit: ## unit tests; storage on SQLite alone unless TRACKER_TEST_DATABASE is given
	cargo test --workspace --lib --bins

storage: ## the storage suite on SQLite and on a PostgreSQL of its own
	@deploy/with-postgres.sh cargo test --workspace --lib storage::

http: ## the tracker's HTTP suites, on both databases
	@deploy/with-postgres.sh cargo test --workspace --test "http*"

tidy: ## house rules, contracts between the crates, CRD drift
	cargo test --workspace --test tidy --test contract

charts: ## Helm charts and plain manifests, rendered and checked
	@deploy/install-dependencies.sh charts
	cargo test --workspace --test charts

e2e: ## end-to-end tests on the local cluster; TESTS=e2e_scale runs one file
	@deploy/install-dependencies.sh build cluster
	@deploy/with-cluster.sh deploy/run-suites.sh e2e $(TESTS)

bench: ## measure and print; nothing is asserted
	@deploy/install-dependencies.sh build test
	@deploy/bench.sh

soak: ## faults at random under a writer, SOAK_MINUTES=30
	@deploy/install-dependencies.sh build cluster
	@deploy/with-cluster.sh deploy/run-suites.sh soak

images: ## container images, as OCI archives in the cache
	@deploy/install-dependencies.sh build cluster
	@deploy/images.sh

local-up: ## the local Kubernetes with the images loaded; prints how to reach it
	@deploy/install-dependencies.sh build cluster
	@deploy/with-cluster.sh --keep true

local-down: ## takes the local Kubernetes away without a trace
	@deploy/local-kubernetes.sh down

crds: ## writes crds/ from the operator's types, and what the charts make of it
	@mkdir -p crds
	cargo run -q -p tracker-operator -- crd > crds/trackerclusters.tracker.dev.yaml.new
	@mv crds/trackerclusters.tracker.dev.yaml.new crds/trackerclusters.tracker.dev.yaml
	@charts/generate

deny: ## licences, advisories and sources of all dependencies (needs cargo-deny)
	@command -v cargo-deny >/dev/null || cargo install --locked --root $(TRACKER_CACHE) --target-dir $(TRACKER_CACHE)/tools cargo-deny
	cargo deny check

dependencies: ## lists what is missing on this machine and installs it
	@deploy/install-dependencies.sh build test cluster charts

clean-up: local-down ## removes the local cluster and every cache of this project
	rm -rf $(TRACKER_CACHE)
