# make reproduce   train, interpret, tabulate and draw: the experiment in CONFIG
# make test        everything that must hold, style and types included
# make figures     every table and figure again from stored measurements and arrays; trains nothing
# make install     only set up .venv: on a cluster, what `.venv/bin/snakemake --profile slurm all` needs
# make report      the run as one self-contained HTML page
# make rulegraph   draw docs/images/rulegraph.svg, what depends on what; needs graphviz's dot
# make config      only check the config in CONFIG
# make lock        rewrite constraints.txt from the newest versions that pyproject.toml allows

CONFIG ?= config/config.yaml
CORES ?= all
PYTHON ?= $(firstword $(shell command -v python3.11) $(shell command -v python3.12) $(shell command -v python3) python3.11)
VENV := .venv
# As the shell has to be told names with a space, a bracket or a quote in them.
QUOTED = '$(subst ','\'',$(1))'
comma := ,
FILE = $(call QUOTED,$(CONFIG))
SNAKEMAKE = $(VENV)/bin/snakemake --cores $(CORES) --configfile $(FILE)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Before anything is installed: Snakemake starts no job with a Python whose path a shell takes apart.
define refuse_folder
case "$$PWD" in *[[:space:]\'\"\\\`\$$\&\;\|\(\)\<\>\*\?\{\}\!~]*|*[][]*) \
	printf '%s\n' "error: folder: $$PWD: no job can be started in a path with a space, quote or bracket; move the clone" >&2; \
	exit 2;; esac
endef
define refuse_cores
case $(call QUOTED,$(CORES)) in all|[1-9]|[1-9][0-9]|[1-9][0-9][0-9]|[1-9][0-9][0-9][0-9]) ;; *) \
	printf '%s\n' $(call QUOTED,error: CORES: $(CORES): give a number from 1$(comma) or all) >&2; exit 2;; esac
endef

.PHONY: install reproduce figures test report rulegraph config lock clean folder cores
.DELETE_ON_ERROR:

install: $(VENV)/.runs

reproduce: cores $(VENV)/.runs
	@$(VENV)/bin/emtvb config check -- $(FILE)
	$(SNAKEMAKE)
	@$(VENV)/bin/emtvb summary -- $(FILE)

config: $(VENV)/.runs
	@$(VENV)/bin/emtvb config check -- $(FILE)

folder:
	@$(refuse_folder)

cores:
	@$(refuse_cores)

# The rules that draw, and no others: what they need has to be there. Of what is in the repository, unless CONFIG says else.
DRAWING = $(shell grep -hoE '^rule (draw_|animate|tabulate|tables|figures)[a-z_]*' Snakefile workflow/rules/*.smk | cut -d' ' -f2)
figures: CONFIG := results/paper/settings.json
figures: cores $(VENV)/.runs
	@$(VENV)/bin/emtvb config check --measured -- $(FILE)
	$(VENV)/bin/snakemake figures tables --cores $(CORES) --configfile $(FILE) --forceall --allowed-rules $(DRAWING)
	@$(VENV)/bin/emtvb summary -- $(FILE)

test: $(VENV)/.tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/snakefmt --check Snakefile workflow
	$(VENV)/bin/snakemake --lint
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadfile

report: cores $(VENV)/.runs
	@$(VENV)/bin/emtvb config check -- $(FILE)
	$(SNAKEMAKE)
	$(SNAKEMAKE) --report "$$($(VENV)/bin/emtvb config folder -- $(FILE))/report.html"

$(VENV)/bin/python: | folder
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
