"""Data sets of texts: tokens by a vocabulary that is learnt from all parts but the test part.

So the seed, which chooses the validation part, changes no token.

What is asked of a text is one of these:

- a class of each text, or anything else that `Dataset.from_lists` takes as targets;
- a tag of each of its pieces (`tag`);
- without targets, the next token (`next-token`). Whole texts begin with padding and end with the
  class `<end>`; pieces of a longer text (`ends=False`) have neither.

A class index of `next-token` is a token less 1, since padding is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.tokens import PADDING
from hardware.definition.vocabulary import END_NAME, Text, Vocabulary, require_list, tokens_of
from hardware.errors import InputError, SettingError
from hardware.sequences.dense import Sequences
from spiking_gru.data.fingerprint import fingerprint
from spiking_gru.data.tasks import row_of

if TYPE_CHECKING:
    from spiking_gru.data.dataset import Dataset
    from spiking_gru.data.part import Part


NEXT_TOKEN = "next-token"
"""The task of texts without targets."""


def of_texts(
    dataset: type[Dataset],
    texts: Iterable[Text],
    targets: Iterable[Any] | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    kind: str = "characters",
    size: int | None = None,
    fewest: int = 1,
    lower: bool = False,
    ends: bool = True,
    task: str | None = None,
    **options: Any,
) -> Dataset:
    """Return a data set of texts; see `Dataset.from_texts`."""
    require_list(texts)
    given = [_checked(i, text) for i, text in enumerate(texts)]
    _require_task(task, targets is not None)
    answers = None if targets is None else list(targets)
    per_piece = task == "tag"
    # A stand-in, whose frames name the text, is split; only then are the test texts known.
    frames = [len(_pieces(text)) if per_piece else 1 for text in given]
    stand_in = dataset.from_lists(
        [np.full((n, 1), i, dtype=np.float32) for i, n in enumerate(frames)],
        np.arange(len(given), dtype=np.float64) if answers is None else answers,
        task="regress" if answers is None else task,
        **options,
    )
    parts = {name: getattr(stand_in, name) for name in ("training", "validation", "test")}
    chosen = {name: [given[i] for i in _texts_of(part)] for name, part in parts.items()}
    words = vocabulary or Vocabulary.learn(
        chosen["training"] + chosen["validation"], kind, size=size, fewest=fewest, lower=lower
    )
    made: dict[str, Any] = {
        name: _part(part, given, words, answers is None, ends) for name, part in parts.items()
    }
    about = [kind, size, fewest, lower, ends] if vocabulary is None else [words.described, ends]
    content = json.dumps([given, answers, about], default=str).encode()
    found = replace(
        stand_in,
        **made,
        vocabulary=words,
        fingerprint=fingerprint({"texts": np.frombuffer(content, dtype=np.uint8)}),
    )
    if answers is None:
        classes = (*words.names, END_NAME) if ends else words.names
        found = replace(found, task=NEXT_TOKEN, classes=classes)
    return found


def _checked(i: int, text: Any) -> Text:
    if isinstance(text, str):
        return text
    if isinstance(text, Sequence) and text and all(isinstance(piece, str) for piece in text):
        return tuple(text)
    raise InputError(f"text {i} is {text!r:.60}: expected a str, or a list of its pieces")


def _require_task(task: str | None, has_targets: bool) -> None:
    """Refuse a task that does not go with the targets."""
    if task is None:
        return
    row_of(task)
    if has_targets and task == NEXT_TOKEN:
        raise SettingError(
            f"the task is {task!r}, whose targets are the tokens themselves: leave the targets out"
        )
    if not has_targets and task != NEXT_TOKEN:
        raise SettingError(
            f"the task is {task!r}, but there are no targets: give targets, or leave the task out"
        )


def _pieces(text: Text) -> Sequence[str]:
    if isinstance(text, str):
        raise InputError(
            f"the text {text!r:.40} is one str, but each of its pieces has a tag: give lists of "
            f"pieces"
        )
    return text


def _texts_of(part: Part) -> list[int]:
    """Return the numbers of the texts of a stand-in's part."""
    return [int(sequence[0, 0]) for sequence in part.sequences]


def _part(
    part: Part, given: Sequence[Text], vocabulary: Vocabulary, predicts: bool, ends: bool
) -> Part:
    """Return a part with the tokens of its texts, of all that are given, for the stand-in."""
    numbers = _texts_of(part)
    texts = [given[i] for i in numbers]
    if not predicts:
        return replace(part, sequences=_frames(tokens_of(texts, vocabulary, numbers)))
    sequences, targets = next_tokens(texts, vocabulary, ends, numbers)
    return replace(part, sequences=sequences, targets=targets, per_step=True)


def next_tokens(
    texts: Sequence[Text],
    vocabulary: Vocabulary,
    ends: bool = True,
    numbers: Sequence[int] | None = None,
) -> tuple[Sequences, NDArray[np.int64]]:
    """Return what is seen of texts, and the token that follows each of these, less 1."""
    tokens = tokens_of(texts, vocabulary, numbers)
    if ends:
        inputs = [[PADDING, *of_text] for of_text in tokens]
        answers = [[*(token - 1 for token in of_text), len(vocabulary)] for of_text in tokens]
    else:
        inputs = [_long_enough(texts[i], of_text)[:-1] for i, of_text in enumerate(tokens)]
        answers = [[token - 1 for token in of_text[1:]] for of_text in tokens]
    flat: NDArray[np.int64] = np.array([a for of_text in answers for a in of_text], dtype=np.int64)
    return _frames(inputs), flat


def _frames(tokens: Sequence[Sequence[int]]) -> Sequences:
    values = np.array([[token] for of_text in tokens for token in of_text], dtype=np.float32)
    return Sequences(values, np.array([len(of_text) for of_text in tokens], dtype=np.int64))


def _long_enough(text: Text, tokens: list[int]) -> list[int]:
    if len(tokens) < 2:
        raise InputError(
            f"the text {text!r:.40} has one token: a next one needs two: give longer texts, or "
            f"ends=True"
        )
    return tokens
