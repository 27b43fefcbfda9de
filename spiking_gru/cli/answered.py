"""The answers of a run and their metrics, as `run` says them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardware.program.model import Program
    from hardware.runs.trace import Trace


def answers_of(
    program: Program,
    trace: Trace,
    targets: NDArray[Any] | Mapping[str, NDArray[Any]] | None,
    naive: Mapping[str, NDArray[Any]],
) -> dict[str, Any]:
    """Return the answers of a run and their metrics; those of several heads by name.

    The metrics of all heads are called `HEAD/METRIC`.
    """
    from hardware.runs.heads import ALONE, by_head, of_each_head

    known = {} if targets is None else of_each_head(program, targets, "targets")
    found = {
        name: _answers_of_one(*pair, known.get(name), naive)
        for name, pair in by_head(program, trace).items()
    }
    if not program.heads:
        return found[ALONE]
    metrics = {
        f"{name}/{metric}": value
        for name, of_head in found.items()
        for metric, value in of_head["metrics"].items()
    }
    one = dict.fromkeys(("predictions", "values", "accuracy", "rmse"))
    of_frames = any(of_head["of_frames"] for of_head in found.values())
    return {"of_frames": of_frames, **one, "metrics": metrics, "heads": found}


def _answers_of_one(
    program: Program,
    trace: Trace,
    targets: NDArray[Any] | None,
    naive: Mapping[str, NDArray[Any]],
) -> dict[str, Any]:
    """Return the answers of a run, and their metrics where the targets are known.

    A run has an answer of each sequence, or a list with one of each of its frames.
    """
    from hardware.runs.answers import answers, are_of_frames, metrics_of

    of_frames = trace.answers_every_step and (targets is None or are_of_frames(trace, targets))
    found = _listed(program, answers(program, trace, of_frames))
    if of_frames:
        found = _by_sequence(found, (trace.lengths // program.encoder.steps).tolist())
    metrics: dict[str, float] = {}
    if targets is not None:
        numbers = vars(metrics_of(program, trace, targets, naive)).items()
        metrics = {name: value for name, value in numbers if isinstance(value, float)}
    return {
        "of_frames": of_frames,
        "predictions": found if program.classes else None,
        "values": None if program.classes else found,
        "accuracy": metrics.get("accuracy"),
        "rmse": metrics.get("rmse"),
        "metrics": {name: value for name, value in metrics.items() if isfinite(value)},
    }


def _listed(program: Program, answers: NDArray[Any]) -> list[Any]:
    """Return answers as JSON has them: names of classes, lists of names, or values."""
    if not program.classes:
        return answers.tolist()
    target = program.readout.target
    names = [list(target.named(answer)) for answer in answers]
    return names if program.decision.several else [name for (name,) in names]


def _by_sequence(of_frames: list[Any], frames: list[int]) -> list[list[Any]]:
    """Return the answers of all frames as one list for each sequence."""
    ends = list(accumulate(frames, initial=0))
    return [of_frames[first:last] for first, last in pairwise(ends)]


SHOWN = {
    "accuracy": "{:.2%} accuracy",
    "micro_f1": "micro F1 {:.2%}",
    "exact_match": "exact match {:.2%}",
    "rmse": "RMSE {:.4g}",
    "mase": "MASE {:.3f}",
}
"""Metrics in the line that a run prints."""


def figures_of(result: dict[str, Any]) -> list[str]:
    """Return the first metrics of a run as text, where they are known."""
    found = result["metrics"]
    texts = [form.format(found[name]) for name, form in SHOWN.items() if name in found]
    return [text.replace("%", " %") for text in texts]
