"""The plan of a search in its folder: what must be the same when it goes on."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from hardware.errors import InputError
from hardware.files.sealed import read_sealed, write_sealed

FILE = "search.json"

REMEDY = "remove the folder, or choose another --out"

Plan = dict[str, Any]


def require_same_plan(folder: Path, plan: Plan) -> None:
    """Keep the plan of a new search; refuse one that differs from that in the folder."""
    path = folder / FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_sealed(path, plan)
        return
    found = read_sealed(path, REMEDY)
    for name in TITLES:
        expected = plan[name]
        if name in found and found[name] == expected:
            continue
        raise InputError(
            f"{folder} holds a search with other {TITLES[name]} "
            f"({_difference(found.get(name), expected)}): give the same ones to go on, --force to "
            f"start over, or another --out"
        )


TITLES = {
    "version": "versions",
    "settings": "settings",
    "space": "values to try",
    "dataset": "data",
    "folds": "folds",
    "goal": "objectives",
}
"""Parts of a plan, in the order in which they are compared."""


CALL = "call"
"""Name of the arguments of the call that began a search; a later call may have others."""


def plan_of(call: dict[str, Any], **parts: Any) -> Plan:
    """Return the plan of a search with these parts, in the order of `TITLES`."""
    return {"version": version("spiking-gru"), **parts, CALL: call}


def read_plan(folder: Path) -> Plan:
    """Return the plan of the search in a folder."""
    if not (folder / FILE).exists():
        raise InputError(f"{folder} holds no search to go on with: leave --resume out")
    return read_sealed(folder / FILE, REMEDY)


def _difference(found: Any, expected: Any) -> str:
    """Return the first part that differs, with both values."""
    if isinstance(found, dict) and isinstance(expected, dict):
        name = next(n for n in {**expected, **found} if found.get(n) != expected.get(n))
        return f"{name}: {found.get(name)!r:.60} there, {expected.get(name)!r:.60} here"
    return f"{found!r:.60} there, {expected!r:.60} here"
