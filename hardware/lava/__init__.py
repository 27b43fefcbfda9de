"""Lava: the reference simulator, helped to import, supervised, and kept away from everything else."""
