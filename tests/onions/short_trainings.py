"""Short trainings whose losses are stored (tests/training/test_revisions.py), by the name of their revision."""

from emtvb.experiments.onions import training

REPEATER = training.Order("repeater", 16, 7, 6, 5, 32, 50, 0.01, 0.05)
TRAININGS = {"repeater": lambda folder: training.train(REPEATER, folder)}
