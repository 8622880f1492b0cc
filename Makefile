# make reproduce   train, interpret, tabulate and draw: the experiment in CONFIG
# make test        check the code: style, types, tests, one small experiment
# make test-all    make test, and the slow tests: cluster faults, forged results, all register widths, notebooks, published results
# make figures     every table and figure again from stored measurements and arrays (without CONFIG: of results/paper); trains nothing
# make install     only set up .venv; on a cluster, do this before `.venv/bin/snakemake --profile slurm all`
# make docs        the documentation as a website in site/, for a browser or any web server
# make dist        the wheel and the sdist in dist/, checked
# make report      make the experiment in CONFIG, and a report of it as one self-contained HTML page
# make notebooks   run the notebooks from their first cell to their last, and store what they print and draw
# make rulegraph   draw docs/images/rulegraph.svg, what depends on what; needs graphviz's dot
# make config      only check the config in CONFIG
# make lock        rewrite constraints.txt from the newest versions that pyproject.toml allows

CONFIG ?= config/config.yaml
CORES ?= all
PYTHON ?= $(firstword $(shell command -v python3.11) $(shell command -v python3.12) $(shell command -v python3) python3.11)
VENV := .venv
# A range, since a build for the CPU alone has another version (2.13.0+cpu) than that for a GPU.
TORCH := torch>=2.13,<2.14
# Quotes a name for the shell, since it may have a space, a bracket or a quote in it.
QUOTED = '$(subst ','\'',$(1))'
comma := ,
FILE = $(call QUOTED,$(CONFIG))
SNAKEMAKE = $(VENV)/bin/snakemake --cores $(CORES) --configfile $(FILE)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Checked before anything is installed: Snakemake cannot start a job if the path of Python has characters that a shell interprets.
define refuse_folder
case "$$PWD" in *[[:space:]\'\"\\\`\$$\&\;\|\(\)\<\>\*\?\{\}\!~]*|*[][]*) \
	printf '%s\n' "error: folder: $$PWD: no job can be started in a path with a space, quote or bracket; move the clone" >&2; \
	exit 2;; esac
endef
define refuse_cores
case $(call QUOTED,$(CORES)) in all|[1-9]|[1-9][0-9]|[1-9][0-9][0-9]|[1-9][0-9][0-9][0-9]) ;; *) \
	printf '%s\n' $(call QUOTED,error: CORES: $(or $(CORES),empty): give a number from 1 to 9999$(comma) or all) >&2; exit 2;; esac
endef

# Ctrl-C reaches make, the shell and the command at once. The user should see one line. The command prints it; or if `interruptible`
# has a second argument, this text is printed. The shell waits for the command and exits with status 0, so make prints no line.
define interruptible
trap stopped=yes INT; $(1); status=$$?; \
if [ "$$stopped" ]; then $(if $(2),echo 'error: interrupted; $(2)' >&2;) exit 0; fi; exit $$status
endef
COMPILE = import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); from emtvb.training import engine; engine.check(); \
	print("the training engine is compiled for this CPU, and gives the right bits")

.PHONY: install reproduce figures test test-all test-long docs dist notebooks report rulegraph config lock clean folder cores
.DELETE_ON_ERROR:

install: $(VENV)/.runs

reproduce: cores $(VENV)/.runs
	@$(call interruptible,$(VENV)/bin/emtvb reproduce --cores $(CORES) -- $(FILE))

config: $(VENV)/.runs
	@$(VENV)/bin/emtvb config check -- $(FILE)

folder:
	@$(refuse_folder)

cores:
	@$(refuse_cores)

# Makes tables and figures only: the measurements that they need must exist. Without CONFIG it takes results/paper.
figures: CONFIG := $(if $(filter file,$(origin CONFIG)),results/paper/settings.json,$(CONFIG))
figures: cores $(VENV)/.runs
	@rules=$$($(VENV)/bin/emtvb config drawing -- $(FILE)) && $(VENV)/bin/snakemake figures tables \
		--cores $(CORES) --configfile $(FILE) --forceall --allowed-rules figures tables $$rules
	@$(VENV)/bin/emtvb summary -- $(FILE)

test: $(VENV)/.tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/snakefmt --check Snakefile workflow
	$(VENV)/bin/snakemake --lint
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadscope -m "not long" --durations=20

test-long: $(VENV)/.tests
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n auto --dist loadscope -m long --durations=40

test-all: test test-long

report: cores $(VENV)/.runs
	@$(VENV)/bin/emtvb config check -- $(FILE)
	$(SNAKEMAKE)
	$(SNAKEMAKE) --report "$$($(VENV)/bin/emtvb config folder -- $(FILE))/report.html"

docs: $(VENV)/.docs
	$(VENV)/bin/mkdocs build --strict

dist: $(VENV)/.release
	rm -rf dist
	$(VENV)/bin/python -m build
	$(VENV)/bin/twine check --strict dist/*

notebooks: $(VENV)/.tests
	cd notebooks && for name in demo own_network; do ../$(VENV)/bin/python -c 'import sys, nbclient, nbformat; \
		book = nbformat.read(sys.argv[1], as_version=4); \
		nbclient.NotebookClient(book, timeout=600, kernel_name="python3", record_timing=False).execute(); \
		nbformat.write(book, sys.argv[1])' $$name.ipynb || exit 1; done

$(VENV)/bin/python: | folder
	@[ -n '$(PYTHON)' ] && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'error: PYTHON: $(PYTHON): needs Python 3.11 or newer; name one with make PYTHON=...'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: $(VENV)/bin/python pyproject.toml constraints.txt
	@$(call interruptible,$(VENV)/bin/pip install --progress-bar off -c constraints.txt -e . 2>&1,run the same command again to continue)
	@$(call interruptible,$(VENV)/bin/python -c '$(COMPILE)',run the same command again to continue)
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	$(VENV)/bin/pip install --progress-bar off -c constraints.txt -e '.[docs,release,test]'
	@touch $@

$(VENV)/.docs $(VENV)/.release: $(VENV)/.%: $(VENV)/.runs
	$(VENV)/bin/pip install --progress-bar off -c constraints.txt -e '.[$*]'
	@touch $@

# The new picture is drawn beside the old one, and then replaces it. If anything fails, the old picture stays.
rulegraph: $(VENV)/.runs
	@command -v dot > /dev/null || { echo 'error: dot: not here; install graphviz' >&2; exit 2; }
	EXPERIMENT_OUTPUT_DIR=.rulegraph $(VENV)/bin/snakemake --rulegraph --configfile config/architectures.yaml > .rulegraph.dot \
		&& dot -Tsvg -Gmargin=0.1 -Nfontname=Helvetica -o .rulegraph.svg .rulegraph.dot \
		&& mv .rulegraph.svg docs/images/rulegraph.svg; made=$$?; rm -f .rulegraph.dot .rulegraph.svg; exit $$made

lock:
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/pip install --progress-bar off -e '.[docs,release,test]'
	.lock/bin/pip freeze --exclude-editable --exclude torch | grep -E '^[A-Za-z0-9_.-]+==[^+]+$$' > constraints.txt
	echo '$(TORCH)' >> constraints.txt
	rm -rf .lock

clean:
	rm -rf $(VENV) .snakemake site dist
