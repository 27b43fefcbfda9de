"""Search for settings: the space, its trials, when a trial stops early, and the best of them."""
