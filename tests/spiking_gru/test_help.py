"""The command line's help, and how it ends."""

from __future__ import annotations

import subprocess
import sys


def spiking_gru(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spiking_gru", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_without_arguments_the_help_is_printed_as_it_is() -> None:
    done = spiking_gru()
    assert done.stdout.startswith("Usage: spiking-gru")
    assert len(done.stdout.splitlines()) > 10


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


def test_interrupted_it_says_so() -> None:
    source = "from spiking_gru import cli; import hardware.doctor as d\n"
    source += "def stop(): raise KeyboardInterrupt\n"
    source += "d.examine = stop; import sys; sys.argv[1:] = ['doctor']; cli.main()"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr.split() == ["spiking-gru:", "interrupted"]
