"""Sizes that no network and no program exceeds."""

WIDEST = 2**16
"""Channels, neurons of a layer, outputs."""

FEWEST_TOKENS, MOST_TOKENS = 2, WIDEST - 1
"""Tokens of a channel, without padding."""

LONGEST_WINDOW = WIDEST
"""Steps of a readout's window."""

MOST_WINDOW_WORDS = 2**22
"""Steps of a window times the outputs."""

MOST_WEIGHTS = 2**26
"""Weights in all: several times those that a whole chip holds."""
