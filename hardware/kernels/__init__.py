"""Compiled functions: how they are made, kept, shipped and called."""
