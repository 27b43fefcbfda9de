"""Run as a program: a run is replaced by a child that is killed before each change of the disk.

Argument: a folder. A line of JSON for each change says what it was, whether the old run or the new
one is then found, and what else is left after one more replacement.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from spiking_gru.replacement import replacing, settle
from spiking_gru.run_folder import RunFolder

CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.chmod"}
OLD = ("training.json", "model.json", "model.safetensors", "program.sgru", "report.json")
NEW = ("training.json", "model.json", "model.safetensors", "logs/events.out.tfevents.2")
LOG = "logs/events.out.tfevents.1"
USERS = {"mine.txt": "mine", "logs/mine.log": "mine"}


def fill(folder: Path, files: dict[str, str]) -> dict[str, str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return files


def found_in(folder: Path) -> dict[str, str]:
    """Every file below a folder, but what an unfinished command keeps there."""
    files = (file for file in folder.rglob("*") if file.is_file())
    names = {str(file.relative_to(folder)): file.read_text() for file in files}
    return {name: text for name, text in names.items() if not name.startswith(".")}


def replace_run(folder: Path, kill_at: int, said: int) -> None:
    """Replace the run, but end at once, with no clean-up, before the change of that number."""
    seen = 0

    def count(event: str, arguments: tuple) -> None:
        nonlocal seen
        if event not in CHANGES or str(folder) not in str(arguments[0]):
            return
        if event == "open" and not arguments[2] & os.O_CREAT:
            return
        seen += 1
        if seen > kill_at:
            os.write(said, event.encode())
            os._exit(9)

    sys.addaudithook(count)
    with replacing(RunFolder(folder), force=True) as new:
        fill(new.path, dict.fromkeys(NEW, "new"))
    os._exit(0)


def main(base: Path) -> None:
    for change in range(1000):
        folder = base / str(change)
        old = fill(folder, {**dict.fromkeys((*OLD, LOG), "old"), **USERS})
        new = {**dict.fromkeys(NEW, "new"), **USERS}
        reading, said = os.pipe()
        child = os.fork()
        if child == 0:
            replace_run(folder, change, said)
        os.close(said)
        _, status = os.waitpid(child, 0)
        event = os.read(reading, 100).decode()
        os.close(reading)
        settle(folder)
        found = found_in(folder)
        which = "old" if found == old else "new" if found == new else f"a mixture: {found}"
        with replacing(RunFolder(folder), force=True) as again:
            fill(again.path, {"import.json": "third"})
        after = {str(path.relative_to(folder)) for path in folder.rglob("*")}
        left = sorted(after - {"import.json", "mine.txt", "logs", "logs/mine.log"})
        print(json.dumps({"event": event, "found": which, "left": left}))
        shutil.rmtree(folder)
        if os.waitstatus_to_exitcode(status) == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
