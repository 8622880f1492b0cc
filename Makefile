.DEFAULT_GOAL := help

CONFIG ?= config/config.yaml
CORES ?= all
# Without the semicolon, GNU make 3.81 of macOS looks for a program `command`.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name);)) python3.11)
VENV := .venv
CHROMIUM = $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name);)))
# The newest that `make lock` takes.
TORCH := torch<2.14
QUICK := "not long and not nightly"
# These, and the checker that is applied to their annotated calls.
TYPES := --jaxtyping-packages=emtvb.adapters,emtvb.audit,emtvb.cli,emtvb.config,emtvb.core,emtvb.experiments,emtvb.figures,emtvb.page,emtvb.paper,emtvb.theory,emtvb.weights,emtvb.tables,emtvb.making.provenance,emtvb.making.recipes,emtvb.making.staleness,emtvb.training.architectures,emtvb.training.checkpoint,emtvb.training.curriculum,emtvb.training.engine,emtvb.training.general,emtvb.training.history,emtvb.training.shard,emtvb.training.stream,tests.checked
# Quotes a name for the shell, since it may have a space or a quote in it.
FILE = '$(subst ','\'',$(CONFIG))'
SNAKEMAKE = $(VENV)/bin/snakemake --cores $(CORES) --quiet rules --configfile $(FILE)
INSTALL = @$(VENV)/bin/python workflow/envs/install.py
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where nothing can be written at home, as in a container of another user, Snakemake and matplotlib keep their caches here.
ifneq (yes,$(shell test -w "$${XDG_CACHE_HOME:-$$HOME}" && echo yes;))
export XDG_CACHE_HOME := $(CURDIR)/$(VENV)/cache
export MPLCONFIGDIR := $(XDG_CACHE_HOME)/matplotlib
endif

ifneq (1,$(words $(CURDIR)))
$(error folder: $(CURDIR): no job can be started in a path with a space; move the clone)
endif

.PHONY: help install reproduce figures test test-all test-long test-nightly newest oldest docs dist dataset notebooks report rulegraph config lock clean
.DELETE_ON_ERROR:

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/.runs ## only set up .venv; on a cluster, do this before `.venv/bin/snakemake --profile slurm all`

reproduce: $(VENV)/.runs ## train, interpret, tabulate and draw: the experiment in CONFIG (quick by default)
	@$(VENV)/bin/emtvb reproduce --cores $(CORES) -- $(FILE)

# Without CONFIG it takes results/paper.
figures: CONFIG := $(if $(filter file,$(origin CONFIG)),results/paper/settings.json,$(CONFIG))
figures: $(VENV)/.runs ## every table and figure again from stored measurements; trains nothing
	@rules=$$($(VENV)/bin/emtvb config drawing -- $(FILE)) && $(VENV)/bin/snakemake figures tables \
		--cores $(CORES) --quiet rules --configfile $(FILE) --forceall --allowed-rules figures tables $$rules
	@$(VENV)/bin/emtvb summary -- $(FILE)

test: $(VENV)/.tests ## check the code: style, types, tests, one small experiment
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/snakefmt --check Snakefile workflow
	# Of the default sweep, and of each kind of experiment without one.
	@for file in config/config.yaml $$(grep -L '^tasks:' config/*.yaml); do \
		echo "snakemake --lint --configfile $$file" && $(VENV)/bin/snakemake --lint --configfile $$file || exit 1; done
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadscope -m $(QUICK) --durations=20

test-long: $(VENV)/.tests ## the slow tests: clusters, kills, audits, pages in a browser, notebooks, published results
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadscope -m "long and not nightly" --durations=40

# What is dearest and seldom fails, and once more the quick tests, with the types and shapes of every call checked.
test-nightly: $(VENV)/.tests ## hours: before a release, and by a scheduled job
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadscope -m nightly --durations=40
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadscope -m $(QUICK) $(TYPES)

test-all: test test-long test-nightly ## all three

report: $(VENV)/.runs ## make the experiment in CONFIG, and a report of it as one self-contained HTML page
	@$(VENV)/bin/emtvb config check -- $(FILE)
	$(SNAKEMAKE)
	$(SNAKEMAKE) --report "$$($(VENV)/bin/emtvb config folder -- $(FILE))/report.html"

config: $(VENV)/.runs ## only check the config in CONFIG
	@$(VENV)/bin/emtvb config check -- $(FILE)

docs: $(VENV)/.docs ## the documentation as a website in site/, with the reproducibility report as a PDF
	rm -rf .site
	$(VENV)/bin/sphinx-build -q -W --keep-going -E -c docs . .site
	rm -rf jupyter_execute site
	mv .site site
	@$(if $(CHROMIUM),$(CHROMIUM) --headless --no-sandbox --no-pdf-header-footer --log-level=3 \
		--print-to-pdf=site/docs/reproduction.pdf file://$(CURDIR)/site/docs/reproduction.html 2> /dev/null)
	@echo "open $(CURDIR)/site/index.html"

dist: $(VENV)/.release ## the wheel and the sdist in dist/, checked
	rm -rf dist
	$(VENV)/bin/python -m build
	$(VENV)/bin/twine check --strict dist/*

dataset: $(VENV)/.runs ## the published networks in dataset/, with an index and a card, for a hub of models or data
	rm -rf dataset
	$(VENV)/bin/python docs/dataset.py dataset

notebooks: $(VENV)/.tests ## run the notebooks, and store what they print and draw
	cd notebooks && ../$(VENV)/bin/python run.py demo.ipynb own_network.ipynb

rulegraph: $(VENV)/.runs ## draw docs/images/rulegraph.svg, what depends on what; needs graphviz's dot
	EXPERIMENT_OUTPUT_DIR=.rulegraph $(VENV)/bin/snakemake --rulegraph --configfile config/architectures.yaml > .rulegraph.dot
	dot -Tsvg -Gmargin=0.1 -Nfontname=Helvetica -o .rulegraph.svg .rulegraph.dot
	mv .rulegraph.svg docs/images/rulegraph.svg
	rm .rulegraph.dot

lock: ## rewrite requirements.txt, with the newest versions that pyproject.toml allows and their hashes
	rm -rf .lock && $(PYTHON) -m venv .lock && .lock/bin/pip install --progress-bar off uv
	echo '$(TORCH)' > .lock/torch.txt
	.lock/bin/uv pip compile pyproject.toml $(foreach extra,docs release test,--extra $(extra)) --universal --generate-hashes \
		--upgrade -c .lock/torch.txt --no-annotate --custom-compile-command 'make lock' --quiet -o requirements.txt
	rm -rf .lock

newest: PYTHON = $(firstword $(foreach minor,14 13 12 11,$(shell command -v python3.$(minor);)))
newest: ## the quick tests with the newest Python, Snakemake, torch and other libraries, in a .newest of their own
	rm -rf .newest && $(PYTHON) -m venv .newest && .newest/bin/pip install --progress-bar off uv
	.newest/bin/uv pip install --python .newest/bin/python -e '.[docs,release,test]'
	OMP_NUM_THREADS=1 .newest/bin/python -m pytest -n auto --dist loadscope -m $(QUICK)

oldest: ## the quick tests with the oldest libraries that pyproject.toml allows, in an .oldest of their own
	rm -rf .oldest && $(PYTHON) -m venv .oldest && .oldest/bin/pip install --progress-bar off uv
	.oldest/bin/uv pip compile pyproject.toml --extra workflow --extra notebook --resolution lowest-direct \
		--quiet -o .oldest/versions.txt
	.oldest/bin/uv pip install --python .oldest/bin/python -c .oldest/versions.txt -e '.[docs,release,test]'
	OMP_NUM_THREADS=1 .oldest/bin/python -m pytest -n auto --dist loadscope -m $(QUICK)

clean: ## delete .venv, .snakemake, site, dist and dataset
	rm -rf $(VENV) .snakemake site dist dataset

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The lock without its hashes, which pip does not take beside a package in a folder.
$(VENV)/versions.txt: requirements.txt $(VENV)/bin/python
	grep == $< | tr -d '\\' > $@

$(VENV)/.runs: $(VENV)/versions.txt pyproject.toml
	$(INSTALL) '.[workflow]'
	@$(VENV)/bin/python -m emtvb.training || echo "so 'trainer: auto' takes the general trainer here" >&2
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	$(INSTALL) '.[docs,release,test]'
	@touch $@

$(VENV)/.docs $(VENV)/.release: $(VENV)/.%: $(VENV)/.runs
	$(INSTALL) '.[$*]'
	@touch $@
