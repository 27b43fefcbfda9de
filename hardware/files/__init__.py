"""Files that are whole or not there, read strictly; and the cache of compiled kernels."""
