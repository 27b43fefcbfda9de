"""Lava: the reference simulator, helped to import, supervised, and kept apart."""
