"""Streams of episodes that overwrite each other."""
