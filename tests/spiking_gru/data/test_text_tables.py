"""Texts in files: tables with a column of texts, tables of pairs, and one text a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.errors import InputError, SpikingGRUError
from spiking_gru.data import Dataset, load
from spiking_gru.data.registry import load_inputs

WORDS = ["good film", "a very good film", "so good", "bad film", "a very bad film", "so bad"]
LABELS = ["+", "+", "+", "-", "-", "-"]


def reviews(place: Path, description: str = 'texts = "reviews.csv"\nkind = "words"\n') -> Path:
    """A table of 60 labelled texts, and its description."""
    rows = [f'"{text}",{label}' for text, label in zip(WORDS, LABELS, strict=True)] * 10
    (place / "reviews.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    (place / "reviews.toml").write_text(description)
    return place / "reviews.toml"


def test_a_table_of_texts_is_that_data_set_of_texts(tmp_path: Path) -> None:
    found = load(str(reviews(tmp_path)), seed=3)
    wanted = Dataset.from_texts(WORDS * 10, LABELS * 10, kind="words", seed=3)
    assert (found.fingerprint, found.name) == (wanted.fingerprint, "reviews")
    assert found.vocabulary == wanted.vocabulary
    assert found.classes == ("+", "-")
    assert np.array_equal(found.test.sequences.values, wanted.test.sequences.values)


def test_a_parquet_file_of_texts_is_the_same(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"said": WORDS * 10, "is": LABELS * 10})
    frame.to_parquet(tmp_path / "r.parquet")
    (tmp_path / "r.toml").write_text('texts = "r.parquet"\ntext = "said"\ntarget = "is"\n')
    wanted = Dataset.from_texts(WORDS * 10, LABELS * 10)
    assert load(str(tmp_path / "r.toml")).fingerprint == wanted.fingerprint


def test_columns_give_groups_and_parts(tmp_path: Path) -> None:
    parts = ["train"] * 4 + ["validation"] + ["test"]
    rows = [f"{text},{i},{parts[i]}" for i, text in enumerate(WORDS)]
    (tmp_path / "t.csv").write_text("\n".join(["text,group,part", *rows]) + "\n")
    (tmp_path / "t.toml").write_text('texts = "t.csv"\n')
    found = load(str(tmp_path / "t.toml"))
    assert found.task == "next-token"
    assert [len(part) for part in (found.training, found.validation, found.test)] == [4, 1, 1]
    assert np.asarray(found.test.groups).tolist() == ["5"]


def test_targets_that_are_numbers_are_values(tmp_path: Path) -> None:
    rows = [f"{text},{len(text)}.5" for text in WORDS * 5]
    (tmp_path / "t.csv").write_text("\n".join(["text,target", *rows]) + "\n")
    (tmp_path / "t.toml").write_text('texts = "t.csv"\n')
    assert load(str(tmp_path / "t.toml")).task == "regress"


def test_a_table_of_pairs_is_that_data_set_of_pairs(tmp_path: Path) -> None:
    sources, targets = [f"{i} plus" for i in range(40)], [f"{i + 1}" for i in range(40)]
    rows = [f"{a},{b}" for a, b in zip(sources, targets, strict=True)]
    (tmp_path / "p.csv").write_text("\n".join(["source,target", *rows]) + "\n")
    (tmp_path / "p.toml").write_text('pairs = "p.csv"\n')
    found = load(str(tmp_path / "p.toml"))
    assert found.task == "translate"
    assert found.fingerprint == Dataset.from_pairs(sources, targets).fingerprint


def test_each_line_of_a_text_file_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n".join(WORDS * 4) + "\n\n")
    found = load(str(tmp_path / "lines.txt"))
    assert (found.task, found.name) == ("next-token", "lines")
    assert found.fingerprint == Dataset.from_texts(WORDS * 4).fingerprint


def test_the_texts_of_another_file_have_the_tokens_of_the_program(tmp_path: Path) -> None:
    words = load(str(reviews(tmp_path))).vocabulary
    (tmp_path / "mine.csv").write_text("text,label\n" + "film very good,+\nso bad film,-\n" * 9)
    (tmp_path / "mine.toml").write_text('texts = "mine.csv"\nkind = "words"\n')
    found = load_inputs(str(tmp_path / "mine.toml"), ("+", "-"), vocabulary=words)
    assert {*map(tuple, (s[:, 0].tolist() for s in found.sequences))} == {
        tuple(words.encode("film very good")),
        tuple(words.encode("so bad film")),
    }


def test_lines_are_texts_to_run_a_program_on(tmp_path: Path) -> None:
    words = load(str(reviews(tmp_path))).vocabulary
    (tmp_path / "mine.txt").write_text("very bad\ngood so\n")
    found = load_inputs(str(tmp_path / "mine.txt"), ("+", "-"), vocabulary=words)
    assert found.targets is None
    assert [s[:, 0].tolist() for s in found.sequences] == [
        words.encode("very bad"),
        words.encode("good so"),
    ]


def test_lines_have_the_next_tokens_as_targets_where_the_program_writes(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n".join(WORDS * 4) + "\n")
    dataset = load(str(tmp_path / "lines.txt"))
    (tmp_path / "mine.txt").write_text("so so\nbad\n")
    found = load_inputs(str(tmp_path / "mine.txt"), dataset.classes, vocabulary=dataset.vocabulary)
    tokens = [dataset.vocabulary.encode(text) for text in ("so so", "bad")]
    end = len(dataset.vocabulary)
    assert found.targets.tolist() == [t - 1 for t in tokens[0]] + [end] + [
        t - 1 for t in tokens[1]
    ] + [end]


def test_a_named_data_set_with_another_vocabulary_than_the_program_is_refused(
    tmp_path: Path,
) -> None:
    words = load(str(reviews(tmp_path))).vocabulary
    with pytest.raises(InputError, match="dates has another vocabulary than the program"):
        load_inputs("dates", vocabulary=words)


@pytest.mark.parametrize(
    ("table", "description", "message"),
    [
        ("text,label\na,x\n,y\n", "", r"t\.csv: line 3, column 'text' is empty: .*leave"),
        ("text,label\na,x\nb,\n", "", r"t\.csv: line 3, column 'label' is empty"),
        ("txt,label\na,x\n", "", r"t\.csv: .*no column 'text'.*|unknown column 'text'"),
        ("text,label\na,x\n", 'text = "tex"\n', "unknown column 'tex': did you mean 'text'"),
        (
            "text,label\n" + "a,x\nb,y\n" * 9,
            'kind = "wrds"\n',
            "unknown .*'wrds': did you mean 'words'",
        ),
        ("text,label\na,x\n", 'target = "lable"\n', "unknown column 'lable': did you mean 'label'"),
        ("text,label\na,x\n", "history = 5\n", "unknown key 'history'"),
        ("text,part\na,trane\n", "", r"line 2, column 'part': unknown part 'trane': did you mean"),
    ],
)
def test_a_table_of_texts_with_a_fault_is_refused_on_one_line(
    tmp_path: Path, table: str, description: str, message: str
) -> None:
    (tmp_path / "t.csv").write_text(table)
    (tmp_path / "t.toml").write_text('texts = "t.csv"\n' + description)
    with pytest.raises(SpikingGRUError, match=message) as caught:
        load(str(tmp_path / "t.toml"))
    assert str(caught.value).isprintable()
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"lines\.txt: no lines: expected one text a line"),
        (b"\n \n", r"lines\.txt: no lines: expected one text a line"),
        (
            b"tea\ncaf\xe9\n",
            r"lines\.txt: not a text file in UTF-8: line 2 has the byte 0xe9: save it as UTF-8",
        ),
        (b"a\n" * 3, r"lines\.txt: "),
    ],
)
def test_a_text_file_with_a_fault_is_refused_on_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "lines.txt").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load(str(tmp_path / "lines.txt"))
    assert str(caught.value).isprintable()
