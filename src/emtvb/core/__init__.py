"""Reading and editing what a system stores: numpy and scipy alone, and no task."""
