"""`spiking-gru run --stream`: lines from standard input, each answered as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hardware.errors import InputError

if TYPE_CHECKING:
    from hardware.definition.arithmetic import Integers
    from hardware.definition.vocabulary import Vocabulary
    from hardware.program.model import Program


def stream_answers(
    file: Path, engine: str, options: dict[str, Any], source: IO[str], out: IO[str], as_json: bool
) -> int:
    """Answer every line of `source` on `out`, each line flushed; return the number of frames.

    A frame is a line of numbers, with commas between them or as a JSON list. Of a program that
    takes texts, a line is the next part of a text. After an empty line a new sequence begins.
    """
    from hardware.program.model import Program
    from hardware.runs.session import Session

    program = Program.load(file)
    steps = total = 0
    with Session(program, engine, **options) as session:
        words = program.vocabulary
        lines = frames(source) if words is None else tokens(source, words)
        for number, of_line in lines:
            if not of_line:
                session.reset()
                steps = 0
                continue
            try:
                for frame in of_line:
                    scores = session.step(frame)
            except InputError as error:
                raise InputError(f"line {number}: {error}") from error
            steps, total = steps + len(of_line), total + len(of_line)
            out.write(answer(program, steps, scores, as_json) + "\n")
            out.flush()
    return total


def tokens(source: IO[str], words: Vocabulary) -> Iterator[tuple[int, list[list[int]]]]:
    """Yield the number of each line, and a frame for each of its tokens."""
    for number, line in enumerate(source, 1):
        yield number, [[token] for token in words.encode(line.rstrip("\n"))]


def frames(source: IO[str]) -> Iterator[tuple[int, list[list[float]]]]:
    """Yield the number of each line, and its frame; none for an empty line."""
    for number, line in enumerate(source, 1):
        text = line.strip()
        if not text:
            yield number, []
            continue
        try:
            found = json.loads(text) if text.startswith("[") else text.split(",")
            yield number, [[float(value) for value in found]]
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise InputError(
                f"line {number}: {text[:60]!r} is not a frame: expected numbers with commas "
                f"between them, or a JSON list of numbers"
            ) from error


def answer(program: Program, step: int, scores: Integers, as_json: bool) -> str:
    """The answer after a frame; of several heads those of each, with their names.

    Heads have a semicolon between them, such as `digit: 7; seconds: 0.5`.
    """
    if not program.heads:
        return answer_of_one(program, step, scores, as_json)
    outputs = program.readout.target.outputs
    found = {
        name: answer_of_one(program.head(name), step, scores[outputs[name]], as_json)
        for name in program.heads
    }
    if not as_json:
        return "; ".join(f"{name}: {text}" for name, text in found.items())
    heads = {name: json.loads(text) for name, text in found.items()}
    for about in heads.values():
        del about["step"]
    return json.dumps({"step": step, "heads": heads})


def answer_of_one(program: Program, step: int, scores: Integers, as_json: bool) -> str:
    """The names of the classes, or the scores' values where there are no classes.

    Names of several classes have commas between them; the line is empty where there is none.
    """
    target = program.readout.target
    names = list(target.named(target.row.of(scores))) if program.classes else None
    if names is not None and not as_json:
        return ",".join(names)
    values = program.readout.values(scores, step * program.encoder.steps).tolist()
    if as_json:
        found = names if names is None or target.row.several else names[0]
        about = {"step": step, "class": found, "scores": scores.tolist(), "values": values}
        return json.dumps(about)
    return ",".join(f"{value:g}" for value in values)
