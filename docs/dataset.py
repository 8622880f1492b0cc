"""The networks as a data set, an index, a card, and the files that ``emtvb.load`` reads: run ``make dataset``."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.experiments import catalogue
from emtvb.experiments.results import experiments_here, runs_in
from emtvb.exports import __version__
from emtvb.files import write_text
from emtvb.making.packed_weights import unpack

TABLES = ("settings.json", "runs.csv", "measurements.csv", "architectures/measurements.csv")
"""Of an experiment, where it has them: what its networks are looked up in, and what was measured of them."""

CARD = """\
---
pretty_name: "emtvb: recurrent networks trained to remember"
license: mit
tags:
- recurrent-neural-networks
- mechanistic-interpretability
- variable-binding
- safetensors
configs:
- config_name: networks
  default: true
  data_files: networks.csv
---
# emtvb: recurrent networks trained to remember

{networks:,} small recurrent networks in {files:,} files, trained by emtvb {version}, a reproduction of
[Episodic Memory Theory](https://arxiv.org/abs/2310.02430) (Karuvally, DelMastro, Siegelmann 2023). A network sees some
vectors and then outputs new ones, each computed from its last outputs, without input. {solved:,} of them solve
their task. The others are here because the paper's recipe trains them, too.

`networks.csv` has a row for each network.

| column | meaning |
|---|---|
| `run_id`, `experiment` | its name, and the experiment that trained it, a folder here |
| `task`, `hidden_dim`, `l2`, `threshold`, `seed`, `twin`, `architecture` | settings of its training |
| `verdict` | what edits of its state say it does with the variables; empty where it was not asked |
| `test_accuracy` | share of right numbers on trials that it was not trained on |
| `phi_eigenvalues`, `network_eigenvalues` | long-term modes that the theory expects, and that it has |
| `data_worst_decoding_accuracy` | how well the variable that is read worst is read from its state |
| `data_edit_success` | share of edits of a variable that all later outputs follow |
| `solved` | 1 if it solves its task, by `interpretation.solved` in the `settings.json` of its experiment |
| `file`, `sha256` | the file of its weights, and the digest of this file |

`measurements.csv` in each experiment's folder has all that was measured.

## Use

With the package (`pip install emtvb`), beside this folder:

```python
import emtvb

network = emtvb.load("{folder}/{example}")
print(emtvb.judge(emtvb.fit(emtvb.record(network))))
```

Without it: each file is safetensors in single precision. A network of the paper's kind is three arrays, `RUN_ID/W_uh`,
`RUN_ID/W_hh` and `RUN_ID/W_r`, and many are in one file. From h = 0:
h(t) = tanh(W_hh h(t-1) + W_uh u(t)), o(t) = W_r h(t).

Licence: MIT. To cite it, cite the package and the paper.
"""
"""A card as hubs of models and data read it."""


def write(folder: Path) -> Any:
    """Write the networks whose weights are here to a new folder, with an index and a card.

    ``emtvb.load("FOLDER/EXPERIMENT/RUN_ID")`` opens one there, without a clone.

    Args:
        folder: Where to.

    Returns:
        The index.

    Raises:
        InputError: Where something lies in the folder, or no experiment is here.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError("folder", str(folder), "is not empty; name a new one")
    found = experiments_here()
    index = catalogue.network_catalogue(found)
    index = index[index["weights"]].drop(columns="weights").reset_index(drop=True)
    places, digests = {}, {}
    for experiment in found:
        unpack(experiment)
        entries = {run_id: entry.weights for run_id, entry in runs_in(experiment).items() if entry.is_here}
        for name in TABLES if entries else ():
            if (experiment / name).is_file():
                (folder / experiment.name / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(experiment / name, folder / experiment.name / name)
        for run_id, source in entries.items():
            place = places[experiment.name, run_id] = f"{experiment.name}/{source.relative_to(experiment).as_posix()}"
            if place not in digests:
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / place)
                digests[place] = hashlib.sha256((folder / place).read_bytes()).hexdigest()
    index["file"] = [places[key] for key in zip(index["experiment"], index["run_id"], strict=True)]
    index["sha256"] = index["file"].map(digests)
    write_text(folder / "networks.csv", index.to_csv(index=False, lineterminator="\n"))
    solved = index[index["solved"] == 1]
    example = (solved if len(solved) else index).iloc[0]
    card = CARD.format(
        networks=len(index), files=len(digests), solved=len(solved), version=__version__, folder=folder.name,
        example=f"{example['experiment']}/{example['run_id']}",
    )  # fmt: skip
    write_text(folder / "README.md", card)
    return index


if __name__ == "__main__":
    index = write(Path(sys.argv[1]))
    print(f"{len(index)} networks in {index['file'].nunique()} files: {sys.argv[1]}")
