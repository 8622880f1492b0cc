"""Networks of an experiment by their name, with the task that they were trained on: what ``load`` gives of a run id."""

from __future__ import annotations

from emtvb.interpret.systems import Elman, System
from emtvb.networks import Network
from emtvb.own.adapting import Wrapped
from emtvb.results import find_run
from emtvb.runs import Run
from emtvb.streams.runs import StreamRun
from emtvb.tasks import Task


class Published(Wrapped):
    """A trained network of an experiment, as a system that knows its task: ``record(it)`` needs nothing else.

    Attributes:
        settings: Of its training: ``settings.hidden_dim``, ``settings.l2``, ``settings.threshold``, ``settings.seed``.
        trained_on: Its task; of a network on a stream, what each episode's outputs are composed of.
        task: The same where its trials are those of the paper's tasks; None of a network on a stream, which is recorded
            with inputs and labels of one's own.
    """

    def __init__(self, network: Network | System, settings: Run | StreamRun) -> None:
        super().__init__(Elman(network) if isinstance(network, Network) else network, settings.run_id)
        self.settings = settings
        self.trained_on: Task = settings.task
        self.task: Task | None = settings.task if isinstance(settings, Run) else None

    def __repr__(self) -> str:
        return super().__repr__().replace(" of state;", f" of state, trained on {self.trained_on.name};", 1)

    @property
    def input_dim(self) -> int:
        """Numbers of an input."""
        return self.trained_on.d


def published(name: str) -> Published:
    """A network by its run id, or by ``results/<experiment>/RUN_ID``.

    Raises:
        InputError: Where there is none of this name, more than one, or its weights are not here.
    """
    entry = find_run(name)
    return Published(entry.network(), entry.run)
