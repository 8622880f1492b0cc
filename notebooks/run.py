"""Run notebooks from their first cell to their last, and store what they print and draw: ``run.py NOTEBOOK ...``."""

import sys

import nbclient
import nbformat

for name in sys.argv[1:]:
    notebook = nbformat.read(name, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False).execute()
    nbformat.write(notebook, name)
