"""Data sets of pairs: a source to read, and the text to write after it.

A pair is one sequence of frames. Frames of the source have its channels, and `READING` in the last
one. Frames of the target have 0 in the channels of the source; their last channel is the token
before, `PADDING` in the first frame. The target of such a frame is its token less 1, and at the end
the class `<end>`. So a pair is split, batched and learnt as any sequence whose frames have targets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.tokens import PADDING
from hardware.definition.vocabulary import END_NAME, Vocabulary, require_list, tokens_of
from hardware.errors import InputError
from hardware.metrics import MISSING_CLASS
from hardware.sequences.dense import Sequences
from spiking_gru.data.fingerprint import fingerprint

if TYPE_CHECKING:
    from spiking_gru.data.dataset import Dataset
    from spiking_gru.data.part import Part

READING = -1
"""The decoder's channel in frames of a source."""


@dataclass(frozen=True)
class Reads:
    """The sources of pairs: frames of `channels` values, or texts."""

    channels: int
    vocabulary: Vocabulary | None = None

    @property
    def encoder(self) -> str:
        """The encoder that training takes for the source unless told otherwise."""
        return "graded" if self.vocabulary is None else "tokens"


def of_pairs(
    dataset: type[Dataset],
    sources: Iterable[Any],
    targets: Iterable[str],
    *,
    kind: str = "characters",
    target_kind: str | None = None,
    size: int | None = None,
    target_size: int | None = None,
    fewest: int = 1,
    lower: bool = False,
    **options: Any,
) -> Dataset:
    """Return a data set of pairs; see `Dataset.from_pairs`."""
    require_list(sources, "sources")
    require_list(targets, "targets")
    read, written = list(sources), list(targets)
    if len(read) != len(written):
        raise InputError(f"{len(read)} sources for {len(written)} targets: expected one for each")
    # A stand-in, whose frames name the pair, is split; only then is the test part known.
    stand_in = dataset.from_lists(
        [np.array([[i]], dtype=np.float32) for i in range(len(read))],
        np.arange(len(read), dtype=np.float64),
        task="regress",
        **options,
    )
    parts = {name: getattr(stand_in, name) for name in ("training", "validation", "test")}
    chosen = {name: [int(one[0, 0]) for one in part.sequences] for name, part in parts.items()}
    seen = chosen["training"] + chosen["validation"]
    _require_texts("target", written)
    of_source = None
    if any(isinstance(source, str) for source in read):
        _require_texts("source", read)
        texts = [read[i] for i in seen]
        of_source = Vocabulary.learn(texts, kind, size=size, fewest=fewest, lower=lower)
        frames = [
            np.array(of_text)[:, np.newaxis]
            for of_text in tokens_of(read, of_source, what="source")
        ]
    else:
        frames = list(Sequences.of(read))
    words = Vocabulary.learn(
        [written[i] for i in seen], target_kind or kind, size=target_size, fewest=fewest
    )
    tokens = tokens_of(written, words, what="target")
    made: dict[str, Any] = {
        name: _part(
            parts[name], [frames[i] for i in numbers], [tokens[i] for i in numbers], len(words)
        )
        for name, numbers in chosen.items()
    }
    about = [kind, target_kind, size, target_size, fewest, lower]
    content = [written, about, None if of_source is None else read]
    arrays = {"pairs": np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)}
    if of_source is None:
        arrays["sources"] = np.concatenate(frames)
    return replace(
        stand_in,
        **made,
        task="translate",
        classes=(*words.names, END_NAME),
        vocabulary=words,
        reads=Reads(frames[0].shape[1], of_source),
        fingerprint=fingerprint(arrays),
    )


def _require_texts(what: str, given: Sequence[Any]) -> None:
    """Refuse what is no text, nor a list of its pieces."""
    for i, text in enumerate(given):
        if not isinstance(text, (str, list, tuple)):
            raise InputError(f"{what} {i} is {text!r:.60}: expected a str")


def _part(
    part: Part,
    sources: Sequence[NDArray[Any]],
    targets: Sequence[Sequence[int]],
    end: int,
) -> Part:
    """Return a part with the pairs in place of the stand-in."""
    frames, answers = [], []
    for source, tokens in zip(sources, targets, strict=True):
        pair = np.zeros((len(source) + len(tokens) + 1, source.shape[1] + 1), dtype=np.float32)
        pair[: len(source), :-1] = source
        pair[: len(source), -1] = READING
        pair[len(source) :, -1] = (PADDING, *tokens)
        frames.append(pair)
        answers += [MISSING_CLASS] * len(source) + [token - 1 for token in tokens] + [end]
    lengths = np.array([len(pair) for pair in frames], dtype=np.int64)
    return replace(
        part,
        sequences=Sequences(np.concatenate(frames), lengths),
        targets=np.array(answers, dtype=np.int64),
        per_step=True,
    )


def source_of(pair: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the frames of a pair's source."""
    return pair[pair[:, -1] == READING, :-1]


def target_of(pair: NDArray[np.float32], targets: NDArray[np.int64]) -> list[int]:
    """Return the tokens that a pair's target has, without the end."""
    written = targets[pair[:, -1] != READING]
    return [int(answer) + 1 for answer in written[:-1]]


Frames = list[NDArray[np.float32]]


def halves_of(part: Part) -> tuple[Frames, Frames]:
    """Return the sources of pairs, and the tokens that the decoder receives."""
    pairs = list(part.sequences)
    return [source_of(pair) for pair in pairs], [_received(pair) for pair in pairs]


def _received(pair: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = pair[pair[:, -1] != READING, -1:]
    assert found[0, 0] == PADDING
    return found


def texts_of(part: Part, words: Vocabulary) -> list[str]:
    """Return the right text of each pair."""
    ends = np.cumsum(part.sequences.lengths).tolist()
    return [
        words.decode(target_of(pair, part.targets[end - len(pair) : end]))
        for pair, end in zip(part.sequences, ends, strict=True)
    ]
