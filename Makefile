# OpenPCS. `make` lists what there is to do; each target gets by itself what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
# Where the server finds the console's files, and where browser tests find the server.
export OPENPCS_SITE := $(CURDIR)/target/site
export OPENPCS_BIN := $(abspath $(TARGET_DIR))/debug/openpcs

# The console is WebAssembly, for which some machines need another compiler: wasm.env says so.
ENV := source .setup/env
WASM_ENV := $(ENV); source "$$OPENPCS_TOOLS/wasm.env"
WASM := -p frontend --target wasm32-unknown-unknown $(if $(FEATURES),--features $(FEATURES))
NATIVE := --workspace --exclude frontend
# Clippy where the compiler stands: the tests' first build lints what it builds, and compiles what we depend on once. For
# lints alone that would be a second time, a quarter of all.
LINTED := RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/.cargo/clippy
BUNDLE = "$(TARGET_DIR)/debug/openpcs-bundle" \
    "$(TARGET_DIR)/wasm32-unknown-unknown/wasm-release/frontend.wasm" "$(OPENPCS_SITE)"
# The kinds of machine that nodes are.
NODES := x86_64-unknown-linux-musl aarch64-unknown-linux-musl
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER := rust-lld

# Cargo is parallel enough, and two of its runs in one directory would only wait for each other.
.NOTPARALLEL:
.PHONY: help setup setup-test run test tested bench lint lint-native lint-wasm format deny model console agent clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## install what running needs: packages, Rust's wasm target, Slurm (first time: about 6 min); SLURM=25.11 adds another version
	@.setup/run

setup-test:
	@.setup/test

run: console ## build and start the server with its console; ARGS="--listen 127.0.0.1:8080" and the like, FEATURES=design for /design
	$(ENV); cargo build $(NATIVE) --bins $(if $(FEATURES),--features $(FEATURES))
	$(ENV); exec "$$OPENPCS_BIN" serve $(ARGS)

test: setup-test format deny tested ## check everything: lints, tests with real Slurm on SQLite and PostgreSQL, the console in a browser
	$(ENV); export $(LINTED); if cargo nextest --version >/dev/null 2>&1; \
	    then cargo nextest run $(NATIVE); else cargo test $(NATIVE); fi
	$(ENV); export $(LINTED) OPENPCS_TEST_DATABASE=postgres; if cargo nextest --version >/dev/null 2>&1; \
	    then cargo nextest run $(NATIVE) --profile postgres; else cargo test $(NATIVE) --test it; fi
	$(ENV); cd end2end; npx playwright test

# What tests need, linted. The console's compiler is one thread for half of its time: it does not go first.
tested: setup
	$(ENV); $(LINTED) cargo build $(NATIVE) --bin openpcs-bundle
	trap wait EXIT; \
	    ($(WASM_ENV); $(LINTED) cargo build $(WASM) --profile wasm-release; $(BUNDLE)) & console=$$!; \
	    ($(ENV); $(LINTED) cargo build $(NATIVE) --all-targets); \
	    wait $$console

bench: setup ## measure: release build, then the benchmarks
	$(ENV); cargo build --release -p openpcs-agent
	$(ENV); cargo bench -p openpcs-server --bench openpcs

lint: lint-native lint-wasm ## formatting and clippy, warnings are errors

lint-native: format deny
	cargo clippy $(NATIVE) --all-targets -- -D warnings

format:
	cargo fmt --all --check

# Building cargo-deny takes longer than all the rest, so it is used where it is; the tests check licences and sources
# everywhere. Advisories come from a repository that not every machine reaches.
deny:
	@if ! cargo deny --version >/dev/null 2>&1; then \
	    echo "skipped: duplicates and advisories, because cargo-deny is not installed: cargo install cargo-deny --locked"; \
	else \
	    cargo deny check --hide-inclusion-graph licenses sources bans; \
	    if cargo deny --log-level error fetch db >/dev/null 2>&1; then cargo deny check --disable-fetch advisories; \
	    else echo "skipped: advisories, because their database cannot be reached"; fi; \
	fi

lint-wasm: setup
	$(WASM_ENV); $${CLIPPY:-cargo clippy} $(WASM) --profile wasm-release -- -D warnings

console: setup ## build the console into target/site: WebAssembly and stylesheet
	$(WASM_ENV); cargo build $(WASM) --profile wasm-release
	cargo build $(NATIVE) --bin openpcs-bundle
	$(BUNDLE)

agent: ## build the agent as it is copied to nodes: static, for x86_64 and arm64
	rustup target add $(NODES)
	for node in $(NODES); do cargo build -p openpcs-agent --profile agent --target $$node; done
	@ls -l $(NODES:%=$(TARGET_DIR)/%/agent/openpcs-agent)

model: ## compare our copy of AWS's service model with the newest botocore; a changed shape or meaning shows, and fails this target
	@.setup/python
	@$(ENV); "$$OPENPCS_TOOLS/venv/bin/python" .setup/model

clean: ## remove what was built (not what set-up installed)
	cargo clean
	rm -rf target/site
