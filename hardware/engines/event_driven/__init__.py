"""The `events` engine: work for what is sent, in integers compiled by Numba."""
