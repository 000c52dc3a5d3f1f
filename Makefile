# `make help` lists the targets. Each says what to do when something is missing.
.DEFAULT_GOAL := help
.PHONY: help up down demo bench bench-memory bench-growth bench-instances bench-overload bench-docs chaos verify-audit contracts test fmt gate publish-contracts clean-data prepare

STACK := node tools/stack/dist/main.js

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

up: prepare ## start everything in the foreground; Ctrl-C stops it (GATEWAY_PORT, DATA_DIR, ...: see README)
	@exec $(STACK) up

down: prepare ## stop the stack that runs on DATA_DIR, from another terminal
	@$(STACK) down

demo: prepare ## place orders on a running stack, or on a fresh one, and narrate
	@exec node tools/demo/dist/main.js

bench: prepare ## measure the stack against the monolith of bench/, every target beside its figure (QUICK=1: a minute)
	@exec node tools/bench/dist/main.js

bench-memory: prepare ## five minutes of orders: memory of the six services, minute by minute (MINUTES)
	@exec node tools/bench/dist/memory-run.js

bench-growth: prepare ## orders over a history of a million, against an empty system; takes ten minutes (PRODUCTS, ORDERS)
	@exec node tools/bench/dist/growth.js

bench-instances: prepare ## two instances of each service against one
	@exec node tools/bench/dist/instances.js

bench-overload: prepare ## five times the load that can be carried (TIMES)
	@exec node tools/bench/dist/overload.js

bench-docs: prepare ## put the newest results of make bench into docs/performance.md and its chart (RESULTS=<file>)
	@exec node tools/bench/dist/write-docs.js $(RESULTS)

chaos: prepare ## break the stack in every known way and check what must hold (FULL=1, SEED=, CHECK=name)
	@exec node tools/chaos/dist/main.js

verify-audit: prepare ## verify the audit trail of DATABASE_URL without any service (HEADS=file of heads kept earlier)
	@node tools/audit-verifier/dist/main.js $(HEADS)

contracts: prepare ## who relies on which message, and whether it is kept; other teams' pacts too
	@exec node tools/checks/contracts.cjs

test: ## install, build, check types and style, run all tests
	@command -v node >/dev/null || { echo "Node 20.19 or newer is needed: get it from nodejs.org or your system's packages."; exit 1; }
	@exec node tools/checks/test.cjs

gate: prepare ## say what the contracts would break, and for whom, against those last published
	@node tools/gate/dist/main.js

publish-contracts: prepare ## make the contracts the published ones, and pack them into .data/ (RETIRE=<message>: take one out)
	@node tools/gate/dist/main.js publish $(RETIRE:%=--retire=%)

fmt: prepare ## format the code and fix what the linter can
	@npx biome check --write .

clean-data: prepare ## delete everything that a stack keeps in DATA_DIR
	@$(STACK) clean-data

prepare:
	@command -v node >/dev/null || { echo "Node 20.19 or newer is needed: get it from nodejs.org or your system's packages."; exit 1; }
	@node tools/stack/prepare.cjs
