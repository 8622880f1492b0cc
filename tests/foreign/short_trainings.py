"""Short trainings whose losses are stored (tests/training/test_revisions.py), by the name of their revision."""

from emtvb.experiments.foreign import tasks, training

BITS = training.Order("flip-flop_rates", "flip-flop", "rates", 8, (7,), 100, 1, 16, 50, 0.02, 1.0)


def _train(_: object) -> tuple[object, list[training.Row], object]:
    """The learning curve of the one network."""
    networks, curves, parts = training.train(BITS, tasks.TASKS["flip-flop"].draw(100, 1))
    return networks, curves["flip-flop_rates_seed7"], parts


TRAININGS = {"foreign": _train}
