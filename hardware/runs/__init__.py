"""Runs of a program: what they record, how they compare, sessions and streams."""
