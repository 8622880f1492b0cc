"""Streams: episodes of any length, each ended by a marker, that overwrite each other in one sequence."""
