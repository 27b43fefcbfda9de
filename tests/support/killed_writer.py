"""Run as a program: a child writes two programs over each other until it is killed, many times.

Arguments: a folder, and how often. A line of JSON for each time says which program was found, and
how many unfinished files the child had left.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from programs import random_program

from hardware.files.disk import write_bytes
from hardware.program.file import contents
from hardware.program.model import Program
from hardware.program.stored import stored

WRITES = 6
"""A child lives for as long as so many writes take, at most."""


def write_without_end(known: list[bytes], path: Path, begun: int) -> None:
    os.write(begun, b"!")
    while True:
        for content in known:
            write_bytes(path, content)


def main(folder: Path, times: int) -> None:
    programs = [random_program(seed, hidden=(100 + 40 * seed,)) for seed in (0, 1)]
    known = [contents(*stored(program)) for program in programs]
    path, lives = folder / "p.sgru", random.Random(0)
    start = time.monotonic()
    for program in (*programs, programs[0]):
        program.save(path)
    longest = WRITES * (time.monotonic() - start) / 3
    reading, begun = os.pipe()
    for _ in range(times):
        child = os.fork()
        if child == 0:
            try:
                write_without_end(known, path, begun)
            finally:
                os._exit(1)
        os.read(reading, 1)
        time.sleep(lives.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        unfinished = [file for file in folder.iterdir() if file != path]
        for file in unfinished:
            file.unlink()
        result = {
            "killed": os.WIFSIGNALED(status),
            "found": known.index(contents(*stored(Program.load(path)))),
            "whole": path.read_bytes() in known,
            "unfinished": len(unfinished),
        }
        print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
