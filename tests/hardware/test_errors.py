"""A name that is not known is answered with the nearest one, where that is a spelling mistake."""

from __future__ import annotations

import pytest

from hardware.errors import unknown_name

SETTINGS = [
    "hidden",
    "layers",
    "batch",
    "epochs",
    "averaging",
    "truncate",
    "readout",
    "threshold",
    "emit",
    "encoder",
]
DATA = ["weather", "walkers", "balls", "japanese-vowels", "names", "load"]


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("hiden", SETTINGS, "hidden"),
        ("hidden_size", SETTINGS, "hidden"),
        ("batch_size", SETTINGS, "batch"),
        ("batchsize", SETTINGS, "batch"),
        ("epoch", SETTINGS, "epochs"),
        ("redaout", SETTINGS, "readout"),
        ("treshold", SETTINGS, "threshold"),
        ("encodr", SETTINGS, "encoder"),
        ("japanese", DATA, "japanese-vowels"),
        ("wether", DATA, "weather"),
        ("laod", DATA, "load"),
        ("all-of", ["any-of", "one-of"], "any-of"),
        ("lsmt", ["gru", "lstm", "none"], "lstm"),
        ("cude", ["auto", "cpu", "cuda"], "cuda"),
    ],
)
def test_a_spelling_mistake_is_answered_with_the_name(
    name: str, known: list[str], nearest: str
) -> None:
    assert f"{name!r}: did you mean {nearest!r}? known are " in str(unknown_name("x", name, known))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("force", SETTINGS),
        ("train", SETTINGS),
        ("out", SETTINGS),
        ("json", SETTINGS),
        ("lr", SETTINGS),
        ("nothere", DATA),
        ("mine", DATA),
        ("data", DATA),
        ("name", ["file", "label", "group", "part", "target"]),
        ("horiz", ["folder", "target", "time", "missing", "heads"]),
    ],
)
def test_another_word_is_answered_with_the_known_names_alone(name: str, known: list[str]) -> None:
    message = str(unknown_name("x", name, known))
    assert "did you mean" not in message
    assert message == f"unknown x {name!r}: known are {', '.join(sorted(known))}"
