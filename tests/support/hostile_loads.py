"""Run as a program: load many mutated files in one process, and say of each how that went.

Arguments: what is mutated (`program` or `trace`), a folder, the first seed, and how many. Each
file is loaded within the memory that the process has plus 256 MiB; a line of JSON for each says
what came of it, how long it took, and what the load did beside reading that one file. `watch`
instead of a kind shows that all this is noticed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mutations import MUTATIONS, WEIGHTS_MUTATIONS, Mutation
from programs import random_program, random_sequences

from hardware.errors import InputError, ProgramError
from hardware.program.file import contents
from hardware.program.model import Program
from hardware.program.stored import stored
from hardware.runs.golden import golden_samples
from hardware.runs.run import run
from hardware.runs.trace import Trace

MEMORY = 256 * 2**20
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"hidden": (4, 3), "bidirectional": True, "emit": "state", "readout": "last", "outputs": 1},
    {"encoder": "rate", "readout": "leaky", "formulation": "forget", "activation": "table"},
    {"encoder": "send-on-delta", "readout": "step", "formulation": "output-gated",
     "emit": "graded", "initial": True, "hidden": (2, 2, 2)},
)  # fmt: skip
HARMLESS = {"os.stat", "object.__getattr__", "marshal.loads", "sys._getframe"}


def sound_program(kind: int) -> Program:
    return golden_samples(random_program(kind, **KINDS[kind]), random_sequences(kind, 3, [4, 2]))


def sound_file(kind: int, folder: Path, of: str) -> bytes:
    program = sound_program(kind)
    if of == "program":
        return contents(*stored(program))
    path = folder / "sound"
    run(program, [sample.frames for sample in program.golden], "numpy").save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def program_again(path: Path) -> bytes:
    return contents(*stored(Program.load(path)))


def trace_again(path: Path) -> bytes:
    trace = Trace.load(path)
    trace.save(path)
    return path.read_bytes()


class Watch:
    """What the process does while it loads: every audit event but reading the one file."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.seen: list[str] = []
        sys.addaudithook(self.notice)

    def notice(self, event: str, arguments: tuple) -> None:
        if self.path is None or event in HARMLESS:
            return
        reads = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not (reads and str(arguments[0]) == str(self.path)):
            self.seen.append(f"{event} {arguments}"[:200])


def in_use() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def attempt(load: Callable[[Path], object], path: Path, watch: Watch) -> dict[str, Any]:
    """Load within the limits; what came of it."""
    loaded, outcome, message = None, "loaded", ""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (in_use() + MEMORY, limits[1]))
    watch.path, watch.seen, start = path, [], time.process_time()
    try:
        loaded = load(path)
    except (ProgramError, InputError) as error:
        outcome, message = "refused", str(error)
    except BaseException as error:
        outcome, message = type(error).__name__, str(error)
    watch.path, seconds = None, time.process_time() - start
    resource.setrlimit(resource.RLIMIT_AS, limits)
    return {
        "loaded": loaded, "outcome": outcome, "message": message, "seconds": seconds,
        "events": watch.seen,
    }  # fmt: skip


def main(of: str, folder: Path, first: int, count: int) -> None:
    mutations: dict[str, Mutation] = MUTATIONS if of == "program" else WEIGHTS_MUTATIONS
    load = Program.load if of == "program" else Trace.load
    again = program_again if of == "program" else trace_again
    sound = [sound_file(kind, folder, of) for kind in range(len(KINDS))]
    path, watch = folder / "mutated", Watch()
    names = list(mutations)
    # Once before, so that what is imported when it is first needed is there.
    for seed in [*range(-len(names), 0), *range(first, first + count)]:
        rng = np.random.default_rng(abs(seed))
        name, original = names[seed % len(names)], sound[int(rng.integers(len(sound)))]
        mutated = mutations[name](rng, original)
        path.write_bytes(mutated)
        result = {"seed": seed, "mutation": name, **attempt(load, path, watch)}
        result["changed"] = mutated != original
        if result.pop("loaded") is not None:
            result["outcome"] = "identical" if again(path) == original else "another one"
        if seed >= 0:
            print(json.dumps(result))


def show_watch(folder: Path) -> None:
    """Loads that do what none may do."""

    def slow(_: Path) -> None:
        end = time.process_time() + 1.1
        while time.process_time() < end:
            pass

    forbidden: dict[str, Callable[[Path], object]] = {
        "nothing": lambda path: path.exists(),
        "memory": lambda _: bytearray(MEMORY + 2**24),
        "time": slow,
        "writing": lambda path: path.with_name("outside").write_bytes(b""),
        "code": lambda _: eval("1 + 1"),
        "program": lambda _: subprocess.run(["true"], check=True),
    }
    watch = Watch()
    for name, load in forbidden.items():
        result = {"mutation": name, **attempt(load, folder / "mutated", watch)}
        del result["loaded"]
        print(json.dumps(result))


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        show_watch(Path(sys.argv[2]))
        sys.exit()
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
