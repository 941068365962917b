"""Experiments that use the public API only."""
