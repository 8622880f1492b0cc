"""A figure a module."""
