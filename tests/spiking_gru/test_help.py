"""The command line's help, and how it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS
from spiking_gru.settings import TrainingSettings


def spiking_gru(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spiking_gru", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_without_arguments_the_help_is_printed_as_it_is() -> None:
    done = spiking_gru()
    assert done.stdout.startswith("Usage: spiking-gru")
    assert len(done.stdout.splitlines()) > 10


@pytest.mark.parametrize("command", [(), ("run",), ("data",), ("data", "show")])
def test_h_is_help(command: tuple[str, ...]) -> None:
    short, long = (spiking_gru(*command, flag) for flag in ("-h", "--help"))
    assert short.stdout == long.stdout
    assert short.stdout.startswith(f"Usage: {' '.join(('spiking-gru', *command))} ")
    assert short.returncode == 0


def test_the_version_is_told_and_nothing_heavy_is_loaded() -> None:
    done = spiking_gru("--version")
    assert done.stdout == f"spiking-gru {version('spiking-gru')}\n"
    assert done.returncode == 0


def test_a_shell_completes_commands_and_options() -> None:
    for words, expected in (
        ("spiking-gru tr", ["train", "translate"]),
        ("spiking-gru report --rat", ["--rate"]),
    ):
        told = {
            "_SPIKING_GRU_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
        done = subprocess.run(
            [sys.executable, "-m", "spiking_gru"],
            capture_output=True,
            text=True,
            env={**os.environ, **told},
        )
        assert done.stdout.split() == expected


def test_the_help_has_a_whole_line_for_every_command() -> None:
    listed = spiking_gru("--help").stdout.split("Commands:\n")[1].splitlines()
    assert listed[0].split()[0] == "demo"
    assert all(line.endswith(".") and "..." not in line and len(line) <= 80 for line in listed)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['spiking-gru', '--help']\n"
        "from spiking_gru.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numba', 'numpy', 'matplotlib', 'lava'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "verify" in done.stdout


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("formulation", FORMULATIONS),
        ("emit", EMISSIONS),
        ("reset_mechanism", RESET_MECHANISMS),
        ("activation", ACTIVATIONS),
        ("encoder", ENCODERS),
        ("readout", READOUTS),
    ],
)
def test_the_help_of_an_option_lists_every_name(option: str, names: dict) -> None:
    description = TrainingSettings.model_fields[option].description or ""
    assert set(names) <= set(re.findall(r"[\w-]+", description))


def test_settings_need_no_torch() -> None:
    code = "import sys, spiking_gru.settings\nassert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_interrupted_it_says_so() -> None:
    source = "from spiking_gru import cli; import hardware.doctor as d\n"
    source += "def stop(): raise KeyboardInterrupt\n"
    source += "d.examine = stop; import sys; sys.argv[1:] = ['doctor']; cli.main()"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr.split() == ["spiking-gru:", "interrupted"]
