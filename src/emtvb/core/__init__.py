"""Reading and editing what a system stores: numpy and scipy alone; of a task, what its theory says."""
