"""The files of a translation: they are read as written, and never mixed with those of another."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pairs import of_texts, random_pair

from hardware.errors import InputError
from hardware.files.disk import read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.runs.decoding import translate
from hardware.runs.translation import Translation
from hardware.runs.translation_files import TEXTS, TRACES, load_translation, save_translation

PAIR = random_pair(seed=4, emit="graded")
SOURCES = [np.random.default_rng(n).normal(size=(n, 3)) for n in (5, 2, 7)]
OTHERS = [source + 1 for source in SOURCES]


@pytest.fixture(scope="module")
def found() -> Translation:
    return translate(PAIR, SOURCES, most=4, beam=2)


@pytest.fixture
def folder(found: Translation, tmp_path: Path) -> Path:
    save_translation(found, tmp_path / "texts")
    return tmp_path / "texts"


def test_a_translation_is_read_as_it_was_written(found: Translation, folder: Path) -> None:
    read = load_translation(PAIR, folder)
    for name in ("tokens", "costs", "ended", "decoder_steps", "most", "beam", "texts", "bits"):
        assert getattr(read, name) == getattr(found, name)
    assert (read.most, read.beam) == (4, 2)
    for half, trace in found.traces.items():
        assert np.array_equal(read.traces[half].scores, trace.scores)
    assert len({len(tokens) for tokens in found.tokens}) > 1, "some end before the most tokens"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_sources_are_those_that_were_read(seed: int, tmp_path: Path) -> None:
    sources = ["abc", "a cab", "bad dab"]
    pair = of_texts(seed)
    save_translation(translate(pair, sources, most=3), tmp_path)
    assert load_translation(pair, tmp_path).sources == tuple(sources)
    assert translate(PAIR, SOURCES, most=3).sources is None


@pytest.mark.parametrize("name", [TEXTS, *TRACES.values()])
def test_files_of_another_translation_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    other = translate(PAIR, OTHERS, most=4, beam=2)
    save_translation(other, tmp_path / "other")
    shutil.copy(tmp_path / "other" / name, folder / name)
    with pytest.raises(InputError, match=r"the decoder's trace .*make it again with"):
        load_translation(PAIR, folder)


def test_a_translation_of_another_number_of_sources_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    save_translation(translate(PAIR, SOURCES[:2], most=4), tmp_path / "other")
    shutil.copy(tmp_path / "other" / TEXTS, folder / TEXTS)
    with pytest.raises(InputError, match="different numbers of sources"):
        load_translation(PAIR, folder)


def test_a_translation_by_another_pair_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="the encoder is another program than the one"):
        load_translation(random_pair(seed=9, emit="graded"), folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, a: t.pop("costs"), "has no 'costs'"),
        (lambda t, a: a.pop("most"), "has no 'most'"),
        (lambda t, a: a.update(most="0"), "most is '0', expected a whole number from 1"),
        (lambda t, a: a.update(beam="x"), "beam is 'x', expected a whole number"),
        (lambda t, a: a.update(translation_schema="2"), "not a translation of schema 1"),
        (lambda t, a: t.update(costs=t["costs"].astype(float)), "costs have shape .* of float64"),
        (lambda t, a: t.update(ended=-t["costs"]), "ended have shape .* whole numbers from 0"),
        (lambda t, a: t.update(lengths=t["lengths"] + 1), "the texts have .* tokens, but"),
        (lambda t, a: t.update(tokens=t["tokens"] * 0 + 99), "99"),
        (lambda t, a: t.update(ended=t["ended"][:2]), "different numbers of sources"),
        (lambda t, a: t.update(tokens=np.where(t["tokens"] == 2, 3, 2)), "is of other texts"),
    ],
)
def test_content_that_no_translation_has_is_refused(folder: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    tensors, about = read_tensors(folder / TEXTS)
    del about["sha256"]
    change(tensors, about)
    seal = tensors_checksum(tensors, about)
    write_tensors(folder / TEXTS, tensors, {**about, "sha256": seal})
    with pytest.raises(InputError, match=message) as refused:
        load_translation(PAIR, folder)
    assert TEXTS in str(refused.value)
    assert "\n" not in str(refused.value)


def test_damage_is_seen(folder: Path) -> None:
    content = bytearray((folder / TEXTS).read_bytes())
    content[-1] ^= 1
    (folder / TEXTS).write_bytes(content)
    with pytest.raises(InputError, match="the checksum is wrong"):
        load_translation(PAIR, folder)


def test_texts_are_right_as_a_whole(found: Translation) -> None:
    texts = list(found.texts)
    assert found.right(texts).all()
    assert found.right([texts[0], texts[1] + "a", ""]).tolist() == [True, False, texts[2] == ""]
    with pytest.raises(InputError, match="2 expected texts for 3"):
        found.right(texts[:2])
