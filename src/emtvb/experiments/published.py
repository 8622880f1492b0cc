"""Networks of an experiment by their name, with the task that they were trained on: what ``load`` gives of a run id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from emtvb.adapters.adapting import Wrapped
from emtvb.adapters.elman import Elman
from emtvb.core.systems import System
from emtvb.errors import InputError
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run
from emtvb.theory.saving import path_of, read_saved
from emtvb.theory.tasks import Task

if TYPE_CHECKING:
    from emtvb.experiments.kind import AnyRun


class Published(Wrapped):
    """A trained network of an experiment, as a system that knows its task: ``record(it)`` needs nothing else.

    Attributes:
        settings: Of its training: ``settings.hidden_dim``, ``settings.l2``, ``settings.threshold``, ``settings.seed``.
        trained_on: What its outputs are composed of.
        task: The same where its trials are those of the paper's tasks; None of another kind of experiment, whose
            networks are recorded with inputs and labels of one's own.
    """

    def __init__(self, network: Network | System, settings: AnyRun) -> None:
        super().__init__(Elman(network) if isinstance(network, Network) else network, settings.run_id)
        self.settings = settings
        self.trained_on: Task = settings.task
        self.task: Task | None = settings.task if isinstance(settings, Run) else None

    def __repr__(self) -> str:
        return super().__repr__().replace(" of state", f" of state, trained on {self.trained_on.name}", 1)

    @property
    def input_dim(self) -> int:
        """Numbers of an input."""
        return self.trained_on.d


def published_network(name: str) -> Published:
    """A network by its run id, or by ``results/<experiment>/RUN_ID``.

    Raises:
        InputError: Where there is none of this name, more than one, or its weights are not here.
    """
    from emtvb.experiments.results import find_run  # which needs all of the configs

    entry = find_run(name)
    return Published(entry.network(), entry.run)


def load(path: Any, system: Any = None) -> Any:
    """What :func:`save` wrote; or, by its name, a network that was trained by this package's workflow.

    A network is looked for among the results in EXPERIMENT_OUTPUT_DIR, in the present folder's ``results`` and in the
    clone that the package lies in. It is a system that knows its task: ``record(load(name))``.

    Args:
        path: Of the file; or the run id of a network, as ``emtvb networks`` lists them; or, where several experiments
            have it, ``results/<experiment>/RUN_ID``. A file of that name goes first.
        system: The network of the file, as ``adapt`` takes it; a few of the stored trials are run again with it, unless
            it has noise of its own. Without it nothing can be run: no edits, no fixed points.

    Returns:
        What was saved; or the network, with its task as ``task`` and what it was trained with as ``settings``.

    Raises:
        InputError: Where there is neither such a file nor such a network, the file is another one, or the network is of
            another size, or does something else on the stored trials.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> emtvb.load(emtvb.save(emtvb.fit(trials), "fitted.npz"))
        <Fitted to recorded states by least squares at 5 times: 0, 1; condition 2.45>
    """
    source = path_of(path)
    saved = source if source.is_file() else Path(f"{source}.npz")
    if saved.is_file():
        return read_saved(saved, path, system)
    if source.suffix == ".npz" or (system is not None and (len(source.parts) > 1 or source.exists())):
        raise InputError("path", str(path), "no such file; give the one that save wrote")
    if system is not None:
        raise InputError("system", "given beside a network's name", "it is the network itself; leave it out")
    return published_network(str(path))
