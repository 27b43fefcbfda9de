"""A pair of programs: one file, two halves that fit."""

from pathlib import Path

import pytest
from programs import random_program

from hardware.errors import ProgramError, SettingError
from hardware.program.model import Program
from hardware.program.pair import ProgramPair, load_programs


def halves(**decoder: object) -> tuple[Program, Program]:
    encoder = random_program(1, hidden=(4, 3), readout="last")
    settings = {"channels": 1, "hidden": (4, 3), "encoder": "tokens", "readout": "step"} | decoder
    return encoder, random_program(2, **settings)  # type: ignore[arg-type]


def test_a_pair_that_is_saved_is_loaded_again(tmp_path: Path):
    encoder, decoder = halves()
    ProgramPair(encoder, decoder).save(tmp_path / "pair.sgru")
    loaded = ProgramPair.load(tmp_path / "pair.sgru")
    assert loaded.encoder.digest == encoder.digest
    assert loaded.decoder.digest == decoder.digest
    assert list(tmp_path.iterdir()) == [tmp_path / "pair.sgru"]


def test_equal_pairs_give_equal_bytes(tmp_path: Path):
    for name in ("one.sgru", "two.sgru"):
        ProgramPair(*halves()).save(tmp_path / name)
    assert (tmp_path / "one.sgru").read_bytes() == (tmp_path / "two.sgru").read_bytes()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hidden": (4,)}, "layer 0 of 4, layer 1 of 3, the decoder's layer 0 of 4: expected"),
        ({"hidden": (4, 2)}, "expected the same, in one direction"),
        ({"bidirectional": True}, "expected the same, in one direction"),
        ({"encoder": "graded"}, "expected 'tokens' and 'step'"),
        ({"readout": "mean"}, "expected 'tokens' and 'step'"),
    ],
)
def test_halves_that_do_not_fit_are_refused(changes: dict[str, object], reason: str):
    with pytest.raises(SettingError, match=reason):
        ProgramPair(*halves(**changes))


def test_a_file_of_another_kind_is_refused_by_what_it_is(tmp_path: Path):
    file = tmp_path / "file.sgru"
    encoder, decoder = halves()
    encoder.save(file)
    with pytest.raises(
        ProgramError, match=r"it holds one program: read it with Program\.load, or use .*run`"
    ):
        ProgramPair.load(file)
    ProgramPair(encoder, decoder).save(file)
    with pytest.raises(ProgramError, match=r"holds an encoder and a decoder: read it with"):
        Program.load(file)


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:500] + b"\0" + b[501:]])
def test_a_damaged_file_is_refused(tmp_path: Path, damage):
    file = tmp_path / "pair.sgru"
    ProgramPair(*halves()).save(file)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ProgramError, match=str(file)):
        ProgramPair.load(file)


def test_a_file_is_read_as_the_program_or_the_pair_that_it_holds(tmp_path):
    encoder, decoder = halves()
    ProgramPair(encoder, decoder).save(tmp_path / "pair.sgru")
    decoder.save(tmp_path / "one.sgru")
    pair, one = (load_programs(tmp_path / name) for name in ("pair.sgru", "one.sgru"))
    assert isinstance(pair, ProgramPair)
    assert list(pair.halves) == ["encoder", "decoder"]
    assert [program.digest for program in pair.halves.values()] == pair.digests
    assert one.digest == decoder.digest
    (tmp_path / "none.sgru").write_bytes(b"no program")
    with pytest.raises(ProgramError, match="not a program file"):
        load_programs(tmp_path / "none.sgru")
