"""Texts as a source gives them, and pairs of texts to translate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """Texts, with a class of each where there are classes."""

    texts: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    """No group is in two parts."""


@dataclass(frozen=True)
class Pairs:
    """Texts, the translation of each, and its part."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    parts: tuple[str, ...] | None = None
