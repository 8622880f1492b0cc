# make reproduce   train, interpret, tabulate and draw: the experiment in CONFIG
# make test        everything that must hold, style and types included
# make figures     every table and figure again from stored measurements and arrays; trains nothing
# make install     only set up .venv: on a cluster, what `.venv/bin/snakemake --profile slurm all` needs
# make report      the run as one self-contained HTML page
# make rulegraph   draw docs/images/rulegraph.svg, what depends on what; needs graphviz's dot
# make lock        rewrite constraints.txt from the newest versions that pyproject.toml allows

CONFIG ?= config/config.yaml
CORES ?= all
PYTHON ?= $(firstword $(shell command -v python3.11) $(shell command -v python3.12) $(shell command -v python3) python3.11)
VENV := .venv
SNAKEMAKE := $(VENV)/bin/snakemake --cores $(CORES) --configfile $(CONFIG)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: install reproduce figures test report rulegraph lock clean
.DELETE_ON_ERROR:

install: $(VENV)/.runs

reproduce: $(VENV)/.runs
	@$(VENV)/bin/emtvb config check $(CONFIG)
	$(SNAKEMAKE)
	@$(VENV)/bin/emtvb summary $(CONFIG)

# The rules that draw, and no others: what they need has to be there. Of what is in the repository, unless CONFIG says else.
DRAWING = $(shell grep -hoE '^rule (draw_|animate|tabulate|tables|figures)[a-z_]*' Snakefile workflow/rules/*.smk | cut -d' ' -f2)
figures: CONFIG := results/paper/settings.json
figures: $(VENV)/.runs
	@$(VENV)/bin/emtvb config check $(CONFIG)
	$(VENV)/bin/snakemake figures tables --cores $(CORES) --configfile $(CONFIG) --forceall --allowed-rules $(DRAWING)
	@$(VENV)/bin/emtvb summary $(CONFIG)

test: $(VENV)/.tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/snakefmt --check Snakefile workflow
	$(VENV)/bin/snakemake --lint
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadfile

report: $(VENV)/.runs
	@$(VENV)/bin/emtvb config check $(CONFIG)
	$(SNAKEMAKE)
	$(SNAKEMAKE) --report "$$($(VENV)/bin/emtvb config folder $(CONFIG))/report.html"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'error: PYTHON: $(PYTHON): needs Python 3.11 or newer; name one with make PYTHON=...'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: $(VENV)/bin/python pyproject.toml constraints.txt
	$(VENV)/bin/pip install --progress-bar off -c constraints.txt -e .
	@$(VENV)/bin/python -c 'from emtvb.training.engine import choose; print("training engine, made for this CPU:", choose()[0])'
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	$(VENV)/bin/pip install --progress-bar off -c constraints.txt -e '.[test]'
	@touch $@

rulegraph: $(VENV)/.runs
	EXPERIMENT_OUTPUT_DIR=.rulegraph $(VENV)/bin/snakemake --rulegraph --configfile config/architectures.yaml \
		| dot -Tsvg -Gmargin=0.1 -Nfontname=Helvetica > docs/images/rulegraph.svg

lock:
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/pip install --progress-bar off -e '.[test]'
	.lock/bin/pip freeze --exclude-editable --exclude torch | grep -E '^[A-Za-z0-9_.-]+==[^+]+$$' > constraints.txt
	rm -rf .lock

clean:
	rm -rf $(VENV) .snakemake
