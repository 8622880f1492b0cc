#!/usr/bin/env bash
# Snakemake runs this in the new environment, from the folder in which it was started: the clone.
set -euo pipefail
pip install -c <(grep == requirements.txt | tr -d '\\') --editable '.[workflow]'
