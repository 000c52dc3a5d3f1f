# `make help` lists the targets. Each says what to do when something is missing.
.DEFAULT_GOAL := help
.PHONY: help up down demo bench chaos contracts test fmt gate publish-contracts clean-data prepare

STACK := node tools/stack/dist/main.js

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

up: prepare ## start everything in the foreground; Ctrl-C stops it (GATEWAY_PORT, DATA_DIR, ...: see README)
	@exec $(STACK) up

down: prepare ## stop the stack that runs on DATA_DIR, from another terminal
	@$(STACK) down

demo: prepare ## place orders on a running stack, or on a fresh one, and narrate
	@exec node tools/demo/dist/main.js

bench: prepare ## measure the stack against the monolith of bench/
	@exec node tools/bench/dist/main.js

chaos: prepare ## break the stack in every known way and check what must hold (FULL=1, SEED=, CHECK=name)
	@exec node tools/chaos/dist/main.js

contracts: prepare ## who relies on which message, and whether it is kept; other teams' pacts too
	@exec node tools/checks/contracts.cjs

test: ## install, build, check types and style, run all tests
	@command -v node >/dev/null || { echo "Node 20.19 or newer is needed: get it from nodejs.org or your system's packages."; exit 1; }
	@exec node tools/checks/test.cjs

gate: prepare ## say what the contracts would break, and for whom, against those last published
	@node tools/gate/dist/main.js

publish-chaos: prepare ## break the stack in every known way and check what must hold (FULL=1, SEED=, CHECK=name)
	@exec node tools/chaos/dist/main.js

contracts: prepare ## make the contracts the published ones, and pack them into .data/ (RETIRE=<message>: take one out)
	@node tools/gate/dist/main.js publish $(RETIRE:%=--retire=%)

fmt: prepare ## format the code and fix what the linter can
	@npx biome check --write .

clean-data: prepare ## delete everything that a stack keeps in DATA_DIR
	@$(STACK) clean-data

prepare:
	@command -v node >/dev/null || { echo "Node 20.19 or newer is needed: get it from nodejs.org or your system's packages."; exit 1; }
	@node tools/stack/prepare.cjs
