"""The vocabulary: texts to tokens, whole numbers of which each has a source of its own, and back.

Token 0 is padding and stands for no text. Token 1 is `<unknown>`, what the vocabulary does not
have. Token i from 2 on is `pieces[i − 2]`. A text is normalised (Unicode's NFC, and lower case if
asked) and cut into pieces::

    characters  each character
    words       runs of letters and digits, with an apostrophe inside, and other single marks
    subwords    pieces that a byte-pair encoding learnt (`hardware.definition.byte_pairs`)

Characters and subwords joined are the text; between words there is one space.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hardware.definition.byte_pairs import Pair, chunks, learn_merges, symbols_of
from hardware.definition.limits import MOST_TOKENS
from hardware.definition.tokens import PADDING
from hardware.errors import InputError, SettingError, choose

Text = str | Sequence[str]
"""A text, or its pieces."""

UNKNOWN = 1
"""The token of what the vocabulary does not have."""

UNKNOWN_NAME, UNKNOWN_TEXT = "<unknown>", "\N{REPLACEMENT CHARACTER}"
"""Its name among classes, and what it is in a text."""

END_NAME = "<end>"
"""The class that ends a text, the last one of networks that write; it is no token."""

FIRST = 2
"""The token of the first piece."""

UNMERGED = "\n"
"""A character that is merged with no other: white space is a chunk of its own."""

WORD = re.compile(r"\w+(?:'\w+)*|[^\w\s]")

HALF_A_PAIR = re.compile("[\ud800-\udfff]")
"""A code point that is no character, and that no file in UTF-8 holds."""


Ranks = Mapping[Pair, int]
"""The place of each merge in their order."""


def _characters(text: str, ranks: Ranks) -> list[str]:
    return list(text)


def _words(text: str, ranks: Ranks) -> list[str]:
    return WORD.findall(text)


def _subwords(text: str, ranks: Ranks) -> list[str]:
    return [symbol for chunk in chunks(text) for symbol in symbols_of(chunk, ranks)]


@dataclass(frozen=True)
class VocabularyKind:
    """One way to cut texts into pieces."""

    pieces: Callable[[str, Ranks], list[str]]
    between: str = ""
    """Text between two pieces."""

    merges: bool = False
    """Whether pieces are merged from characters."""


VOCABULARIES = {
    "characters": VocabularyKind(_characters),
    "words": VocabularyKind(_words, between=" "),
    "subwords": VocabularyKind(_subwords, merges=True),
}


@dataclass(frozen=True)
class Vocabulary:
    """The pieces that have a token, and the way from a text to them."""

    pieces: tuple[str, ...]
    kind: str = "characters"
    lower: bool = False
    """Whether texts are taken in lower case."""

    merges: tuple[Pair, ...] = ()
    """Pairs that become one piece, for `subwords`, in their order."""

    def __post_init__(self) -> None:
        choose("vocabulary", self.kind, VOCABULARIES)
        pieces = self.pieces
        if not pieces or not all(isinstance(piece, str) and piece for piece in pieces):
            raise SettingError("vocabulary: expected at least one piece, and none that is empty")
        if len(set(pieces)) < len(pieces):
            twice = next(piece for piece in pieces if pieces.count(piece) > 1)
            raise SettingError(f"vocabulary: {twice!r} is there twice, expected each piece once")
        if len(self) > MOST_TOKENS:
            raise SettingError(f"vocabulary: {len(self)} tokens, expected at most {MOST_TOKENS}")
        if self.merges and not self.row.merges:
            raise SettingError(f"vocabulary: {self.kind!r} has merges: only subwords have them")

    def __len__(self) -> int:
        """The number of tokens, padding left out: the largest of them."""
        return len(self.pieces) + 1

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} {self.kind})"

    @property
    def row(self) -> VocabularyKind:
        """The row of the kind."""
        return VOCABULARIES[self.kind]

    @cached_property
    def _tokens(self) -> dict[str, int]:
        return {piece: FIRST + i for i, piece in enumerate(self.pieces)}

    @cached_property
    def _ranks(self) -> dict[Pair, int]:
        return {pair: i for i, pair in enumerate(self.merges)}

    @property
    def names(self) -> tuple[str, ...]:
        """A printable name of each token, as a class has one: `␣` is a space, `\\n` a new line."""
        return (UNKNOWN_NAME, *map(printable, self.pieces))

    @property
    def described(self) -> dict[str, Any]:
        """All that it consists of, as JSON has it."""
        return {
            "kind": self.kind,
            "lower": self.lower,
            "pieces": list(self.pieces),
            "merges": [list(pair) for pair in self.merges],
        }

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Vocabulary:
        """Return the vocabulary that `described` says."""
        merges = tuple((first, second) for first, second in described["merges"])
        return cls(tuple(described["pieces"]), described["kind"], described["lower"], merges)

    @classmethod
    def learn(
        cls,
        texts: Iterable[Text],
        kind: str = "characters",
        *,
        size: int | None = None,
        fewest: int = 1,
        lower: bool = False,
    ) -> Vocabulary:
        """Return the vocabulary of some texts, each a str or a list of its pieces.

        Pieces that occur `fewest` times or more have a token, the most frequent first, at most
        `size` with the unknown one. Of equally frequent pieces the first by its text comes first.
        """
        row = VOCABULARIES[choose("vocabulary", kind, VOCABULARIES)]
        most = MOST_TOKENS if size is None else size
        if not FIRST <= most <= MOST_TOKENS:
            raise SettingError(f"vocabulary: the size is {most}, expected {FIRST} to {MOST_TOKENS}")
        if row.merges and size is None:
            raise SettingError(f"vocabulary: {kind} need a size: give size=1000, for instance")
        cut = cls(("a",), "characters" if row.merges else kind, lower)
        found = list(texts)
        pieces = frequent((piece for text in found for piece in cut.cut(text)), fewest)
        pieces, merges = pieces[: most - 1], []
        if not pieces:
            raise InputError(
                f"no piece occurs {fewest} times in the texts: give longer texts, or fewest=1"
            )
        if row.merges:
            known = frozenset(pieces)
            learnt = (
                "".join(c if c in known else UNMERGED for c in cut.cut(text)) for text in found
            )
            merges = learn_merges(learnt, most - 1 - len(pieces))
            pieces = list(dict.fromkeys([*pieces, *(a + b for a, b in merges)]))
        return cls(tuple(pieces), kind, lower, tuple(merges))

    def cut(self, text: Text) -> list[str]:
        """Return the pieces of a text, those that have no token as well."""
        if isinstance(text, (list, tuple)):
            return [normalised(piece, self.lower) for piece in text]
        return self.row.pieces(normalised(text, self.lower), self._ranks)

    def encode(self, text: Text) -> list[int]:
        """Return the tokens of a text, or of its pieces."""
        return [self._tokens.get(piece, UNKNOWN) for piece in self.cut(text)]

    def decode(self, tokens: Iterable[int]) -> str:
        """Return the text of tokens; padding has none."""
        return self.row.between.join(self.text_of(t) for t in tokens if t != PADDING)

    def text_of(self, token: int) -> str:
        """Return the text of one token."""
        if not UNKNOWN <= token < FIRST + len(self.pieces):
            raise InputError(
                f"the token is {token}, expected 1 to {len(self)}: it is of a different vocabulary"
            )
        return UNKNOWN_TEXT if token == UNKNOWN else self.pieces[int(token) - FIRST]


def frequent(pieces: Iterable[str], fewest: int) -> list[str]:
    """Return the pieces that occur `fewest` times or more, the most frequent first."""
    counted = Counter(pieces)
    kept = [piece for piece, times in counted.items() if times >= fewest]
    return sorted(kept, key=lambda piece: (-counted[piece], piece))


def normalised(text: Any, lower: bool) -> str:
    """Return a text in Unicode's composed form (NFC), and in lower case if asked."""
    if not isinstance(text, str):
        raise InputError(f"a text is {text!r:.60}: expected a str")
    if HALF_A_PAIR.search(text):
        raise InputError(
            f"{text!r:.60} holds half a surrogate pair, expected characters: decode the text again"
        )
    composed = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", composed.lower()) if lower else composed


def printable(piece: str) -> str:
    """Return a piece as a name that a terminal can show; different pieces have different names."""
    return "".join(map(_printable, piece))


def _printable(character: str) -> str:
    if character == " ":
        return "␣"
    if character in "␣\\<" or not character.isprintable():
        escaped = character.encode("unicode_escape").decode("ascii")
        return escaped if len(escaped) > 1 else f"\\x{ord(character):02x}"
    return character


def require_list(texts: Any, what: str = "texts") -> None:
    """Refuse one text in place of a list of them: its characters would be taken as texts."""
    if isinstance(texts, str):
        raise InputError(f"the {what} are one str, {texts!r:.60}: give a list of texts")


def tokens_of(
    texts: Sequence[Text],
    vocabulary: Vocabulary,
    numbers: Iterable[int] | None = None,
    what: str = "text",
) -> list[list[int]]:
    """Return the tokens of each text; an InputError for one without any.

    `numbers` are those by which an error names the texts, unless they count from 0.
    """
    found = []
    for i, text in zip(range(len(texts)) if numbers is None else numbers, texts, strict=True):
        tokens = vocabulary.encode(text)
        if not tokens:
            raise InputError(
                f"{what} {i} is {text!r:.60} and has no token: give at least one "
                f"{vocabulary.kind.removesuffix('s')}, or leave it out"
            )
        found.append(tokens)
    return found
