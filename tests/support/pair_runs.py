"""The run of a small encoder and a small decoder, as the command line makes it."""

from __future__ import annotations

from pathlib import Path

from hardware.program.pair import ProgramPair
from spiking_gru.cli.console import Voice
from spiking_gru.cli.convert import convert_run
from spiking_gru.cli.train import train_network
from spiking_gru.run_folder import RunFolder

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PAIRS = [(word, str(number)) for number, word in enumerate(WORDS, 1)]


def table_of(path: Path, pairs: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{source},{target}\n" for source, target in [COLUMNS, *pairs]))
    return path


COLUMNS = ("source", "target")


def pair_run(base: Path, epochs: int = 1, **settings: object) -> RunFolder:
    """Train and convert a pair of nine words and their digits; its data is `words.toml`."""
    table_of(base / "words.csv", PAIRS * 8)
    (base / "words.toml").write_text('pairs = "words.csv"\n')
    folder = RunFolder(base / "run")
    chosen = {"data": str(base / "words.toml"), "hidden": 6, "epochs": epochs, "dropout": 0.0}
    made = {**chosen, "quantised_epochs": 1, "baseline": "gru", "batch": 8, **settings}
    voice = Voice(as_json=True)
    train_network(made, folder, voice)
    convert_run(folder, None, voice)
    return folder


def pair_of(folder: RunFolder) -> ProgramPair:
    return ProgramPair.load(folder.program)
