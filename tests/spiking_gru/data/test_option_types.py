"""Options of a wrong type are refused by name, before any data is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.errors import SpikingGRUError
from spiking_gru.data import Dataset
from spiking_gru.data.option_types import OPTIONS

SEQUENCES = [np.random.default_rng(i).normal(size=(5, 2)) for i in range(20)]
LABELS = [i % 2 for i in range(20)]
FRAMES = [{"a": s[:, 0]} for s in SEQUENCES]
ODD: list[Any] = [
    None, 5, 2.5, "x", b"x", [], {}, [1, 2], [None], object(), print, True, np.array(3), {"a": 1},
    float("nan"), [[1]], ("a",), -1, 10**30,
]  # fmt: skip
SPLIT = ("split", "test", "validation", "test_seed")
ABOUT = ("classes", "name", "licence", "seed")
CONSTRUCTORS: dict[str, tuple[Callable[..., Dataset], tuple[Any, ...], dict[str, Any], tuple]] = {
    "lists": (Dataset.from_lists, (SEQUENCES, LABELS), {},
              ("groups", "parts", "task", *SPLIT, *ABOUT)),
    "folder": (Dataset.from_folder, ("nowhere",), {},
               ("time", "target", "missing", "log_mel", "task", *SPLIT, *ABOUT)),
    "series": (Dataset.from_series, (np.random.rand(300, 2),),
               {"history": 5, "horizon": 1, "target": "1"},
               ("history", "horizon", "target", "known", "time", "missing", "test", "validation",
                "season", "name", "licence")),
    "frames": (Dataset.from_frames, (FRAMES, LABELS), {},
               ("groups", "sequence", "target", "group", "time", "missing", "task", *ABOUT)),
    "loader": (Dataset.from_loader, ([(np.stack(SEQUENCES), np.array(LABELS))],), {},
               ("validation_loader", "test_loader", "task", *SPLIT, *ABOUT)),
    "parts": (Dataset.from_parts, ((SEQUENCES, LABELS), (SEQUENCES, LABELS)), {},
              ("validation", "task", *ABOUT)),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTRUCTORS)
@pytest.mark.filterwarnings("ignore")
def test_any_value_of_any_argument_is_taken_or_refused_with_a_typed_error(name: str) -> None:
    make, arguments, options, names = CONSTRUCTORS[name]
    calls: list[tuple[Any, Any]] = [
        ((*arguments[:i], odd, *arguments[i + 1 :]), options)
        for i in range(len(arguments))
        for odd in ODD
    ]
    calls += [(arguments, {**options, option: odd}) for option in names for odd in ODD]
    texts = []
    for given, chosen in calls:
        try:
            make(*given, **chosen)
        except SpikingGRUError as error:
            texts.append(str(error))
    assert len(texts) > len(calls) / 2
    assert all(text.isprintable() for text in texts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test": "0.2"}, "test: found '0.2', expected a number between 0 and 1"),
        ({"seed": 1.5}, "seed: found 1.5, expected a whole number of 0 or more"),
        ({"seed": -1}, "seed: found -1, expected a whole number of 0 or more"),
        ({"classes": "ab"}, "classes: found 'ab', expected a list of names"),
        ({"groups": "ab"}, "groups: found 'ab', expected a list with one for each sequence"),
        ({"task": 3}, "task: found 3, expected text"),
        ({"name": object()}, "name: found the type object, expected text"),
        ({"target": 5}, "target: found 5, expected the name of a column, or a list of names"),
        ({"log_mel": 5}, "log_mel: found 5, expected LogMel, or its settings by name"),
    ],
)
def test_an_error_names_the_option_and_what_it_takes(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpikingGRUError, match=message):
        Dataset.from_folder(tmp_path / "is not read", **options)


def test_options_that_people_have_are_taken() -> None:
    dataset = Dataset.from_lists(
        SEQUENCES,
        LABELS,
        groups=np.arange(20) // 2,
        classes=np.array(["a", "b"]),  # type: ignore[arg-type]
        seed=np.int64(3),  # type: ignore[arg-type]
        test=np.float32(0.3),  # type: ignore[arg-type]
    )
    assert dataset.classes == ("a", "b")


def test_every_kind_says_what_it_expects() -> None:
    assert all(kind.expected for kind in OPTIONS.values())
