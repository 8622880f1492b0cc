"""A figure a module: what it reads, draws and writes down."""
