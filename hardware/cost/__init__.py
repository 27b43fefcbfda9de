"""From a trace to messages, counts, placement, energy and time."""
