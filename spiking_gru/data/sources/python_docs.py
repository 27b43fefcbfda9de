"""The reference of the Python language, as the interpreter's own `help()` has it."""

from __future__ import annotations

from pydoc_data.topics import topics

from spiking_gru.data.sources.texts import Texts

LONGEST = 1_024
"""Characters of a text; a topic is cut into texts of this length."""


def python_docs() -> Texts:
    """Return pieces of all topics; the topic is the group. The texts differ between Pythons."""
    cut = [
        (topic, text[first : first + LONGEST])
        for topic, text in sorted(topics.items())
        for first in range(0, len(text), LONGEST)
    ]
    return Texts(tuple(text for _, text in cut), groups=tuple(topic for topic, _ in cut))
