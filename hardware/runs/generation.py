"""`generate`: a program that predicts tokens writes a text, the same on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hardware.definition.sampling import Sampler
from hardware.definition.tokens import PADDING
from hardware.definition.vocabulary import UNKNOWN, Vocabulary
from hardware.errors import InputError, SettingError
from hardware.program.model import Program
from hardware.runs.given import ProgramLike, program_of
from hardware.runs.session import Session


def generate(
    program: ProgramLike,
    prompt: str = "",
    steps: int = 100,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    engine: str = "events",
    **options: Any,
) -> str:
    """Return a text of at most `steps` tokens that continues a prompt.

    Each token is drawn from the program's scores in integers (`hardware.definition.sampling`), so
    equal seeds write equal texts on every engine. A temperature of 0 takes the likeliest token. A
    program that has learnt the end of texts may stop earlier. Options are those of `Session`.
    """
    return "".join(
        generated(
            program, prompt, steps, temperature=temperature, seed=seed, engine=engine, **options
        )
    )


def generated(
    program: ProgramLike,
    prompt: str = "",
    steps: int = 100,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    engine: str = "events",
    **options: Any,
) -> Iterator[str]:
    """Yield the text of `generate` in parts, each as soon as it is written."""
    program = program_of(program)
    words, sampler = vocabulary_of(program), Sampler(temperature, seed)
    ends = writes_end(program, words)
    if steps < 0:
        raise SettingError(f"steps is {steps}, expected 0 or more")
    tokens = [PADDING] * ends + prompt_tokens(words, prompt)
    if not tokens:
        raise InputError(
            f"the prompt is empty, and the program goes on from a text: give at least one of its "
            f"{len(words)} tokens"
        )
    return _generated(Session(program, engine, **options), words, sampler, tokens, steps)


def _generated(
    session: Session, words: Vocabulary, sampler: Sampler, tokens: list[int], steps: int
) -> Iterator[str]:
    unit = session.program.readout.unit
    separator = words.row.between if len(tokens) > tokens.count(PADDING) else ""
    with session:
        for token in tokens:
            scores = session.step([token])
        for number in range(steps):
            # Class c is token c + 1. The first, the unknown token, stands for no text.
            token = sampler.choose(scores[UNKNOWN:], unit, number) + UNKNOWN + 1
            if token > len(words):
                return
            yield separator + words.text_of(token)
            separator = words.row.between
            if number < steps - 1:
                scores = session.step([token])


def vocabulary_of(program: Program) -> Vocabulary:
    """Return the vocabulary of a program that predicts tokens; a SettingError for any other."""
    words = program.vocabulary
    if words is None:
        raise SettingError("the program has no vocabulary, so it writes no text: train on texts")
    outputs = program.readout.outputs
    if not program.readout.answers_every_step or outputs not in (len(words), len(words) + 1):
        raise SettingError(
            f"the program answers with {outputs} classes after each "
            f"{'step' if program.readout.answers_every_step else 'sequence'}, expected one for "
            f"each of its {len(words)} tokens at each step: train it on texts without targets"
        )
    return words


def writes_end(program: Program, words: Vocabulary) -> bool:
    """Return whether a program learnt where texts begin and end."""
    return program.readout.outputs > len(words)


def prompt_tokens(words: Vocabulary, prompt: str) -> list[int]:
    """Return the tokens of a prompt; an InputError for a piece that has none."""
    tokens = words.encode(prompt)
    for piece, token in zip(words.cut(prompt), tokens, strict=True):
        if token == UNKNOWN:
            raise InputError(
                f"{piece!r} in the prompt is not among the {len(words)} {words.kind} of the "
                f"vocabulary: leave it out"
            )
    return tokens
