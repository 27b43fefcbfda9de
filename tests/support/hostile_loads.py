"""Run as a program: load many mutated files in one process, and say of each how that went.

Arguments: a folder, how many files, and their kinds (of `hostile_formats`). Each
file is loaded within the memory that the process has plus 512 MiB; a line of JSON for each says
what came of it, how long it took, and what the load did beside reading that one file. Without a
number, what no load may do is done, to show that all this is noticed.
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
from hostile_formats import FORMATS, Format

from hardware.errors import SpikingGRUError

MEMORY = 512 * 2**20
PLAIN_HEADER = b"{'descr': "
"""With this begins what NumPy takes apart as a literal: the header of an array."""

HARMLESS = {"os.stat", "builtins.id", "object.__getattr__", "marshal.loads", "sys._getframe"}


class Watch:
    """What the process does while it loads: every audit event but reading the one file."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.seen: list[str] = []
        sys.addaudithook(self.notice)

    def notice(self, event: str, arguments: tuple) -> None:
        if self.path is None or event in HARMLESS:
            return
        if event == "compile" and str(arguments[0]).startswith(str(PLAIN_HEADER)[:-1]):
            return
        reads = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not (reads and Path(str(arguments[0])).is_relative_to(self.path)):
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
    except SpikingGRUError as error:
        outcome, message = "refused", str(error)
    except BaseException as error:
        outcome, message = type(error).__name__, str(error)
    watch.path, seconds = None, time.process_time() - start
    resource.setrlimit(resource.RLIMIT_AS, limits)
    return {
        "loaded": loaded, "outcome": outcome, "message": message, "seconds": seconds,
        "events": watch.seen,
    }  # fmt: skip


def judged(of: Format, result: dict[str, Any], sound: object) -> str:
    """Whether what was loaded is the sound file, or else whether it can be used."""
    loaded = result.pop("loaded")
    if loaded is None:
        return result["outcome"]
    if of.identity(loaded) == sound:
        return "identical"
    if of.use is None:
        return "another one"
    try:
        of.use(loaded)
    except SpikingGRUError as error:
        result["message"] = str(error)
    return "usable"


def main(kind: str, folder: Path, count: int) -> None:
    of, watch = FORMATS[kind], Watch()
    path, names, sound = folder / of.name, list(of.mutations), []
    for content in of.sound():
        of.put(path, content)
        sound.append((content, of.identity(of.load(path))))
    # Once before, so that what is imported when it is first needed is there.
    for seed in range(-len(names), count):
        rng = np.random.default_rng(abs(seed))
        name = names[seed % len(names)]
        original, same = sound[int(rng.integers(len(sound)))]
        mutated = of.mutations[name](rng, original)
        of.put(path, mutated)
        result = {"kind": kind, "seed": seed, "mutation": name, **attempt(of.load, path, watch)}
        result["changed"] = mutated != original
        result["outcome"] = judged(of, result, same)
        if seed >= 0:
            print(json.dumps(result))
    of.remove(path)


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
    if len(sys.argv) == 2:
        show_watch(Path(sys.argv[1]))
    for kind in sys.argv[3:]:
        main(kind, Path(sys.argv[1]), int(sys.argv[2]))
