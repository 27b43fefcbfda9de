"""Lava processes and their models, and nothing else: Lava executes every module in this folder."""
