"""Which of ten words was spoken, or none? Raw sound that espeak-ng speaks, in voices never heard.

    apt-get install espeak-ng
    python examples/keywords.py --seeds 0 1 2

Clips of 0.8 s hold a word in noise, or something else: noise alone, another word, half a word. The
voices of the test part are in no other part. The program then listens to one long recording of
these voices. Log-mel frames are made as the sound arrives, and every 0.1 s the last 0.8 s get a
decision. A word is detected where three decisions in a row agree.
"""

import csv
import hashlib
from pathlib import Path

import keyword_sounds as sounds
import numpy as np
from figures import DEPLOYED, Row, accuracy
from keyword_sounds import OTHER, RATE
from worked import as_command, each_seed, parser

import hardware
import spiking_gru as sg

WINDOW, HOP = 0.8, 0.1
"""Seconds of a clip or window, and from one window to the next."""

AGREEING = 3
"""Decisions in a row that make a detection."""

TAKES, OTHERS = 4, 12
"""Clips of each voice: of each word, and of something else."""

WORDS_OF_RECORDING = 80
LOG_MEL = hardware.LogMel(rate=RATE, window_ms=30, hop_ms=20, mels=20, highest=7000, floor=1e-4)
SETTINGS = {
    "hidden": 64,
    "emit": "graded",
    "threshold": 0.05,
    "epochs": 40,
    "quantised_epochs": 16,
    "quantised_learning_rate": 2e-3,
    "prune": 0.25,
    "noise": 0.4,
    "warp": 0.1,
    "time_mask": 0.1,
    "channel_mask": 0.1,
}


def clips(out):
    """Return the folder of clips, which is made once for all seeds."""
    sources = (Path(__file__), Path(sounds.__file__))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    folder = Path(out) / f"clips-{digest.hexdigest()[:12]}"
    if not folder.is_dir():
        sounds.write_clips(folder, WINDOW, TAKES, OTHERS)
    return folder


def listen(program, sound):
    """Yield the second at which each window ends, and the decision on it, as the sound arrives."""
    window, hop = LOG_MEL.frames_in(round(WINDOW * RATE)), round(1000 * HOP / LOG_MEL.hop_ms)
    arriving, frames, seen, piece = hardware.LogMelStream(LOG_MEL), [], 0, RATE // 20
    with hardware.Session(program) as session:
        for start in range(0, len(sound), piece):
            for frame in arriving.push(sound[start : start + piece]):
                frames, seen = [*frames[1 - window :], frame], seen + 1
                if len(frames) == window and seen % hop == 0:
                    scores = session.run([np.array(frames)])[0]
                    second = ((seen - 1) * LOG_MEL.hop + LOG_MEL.window) / RATE
                    yield second, program.classes[scores.argmax()]


def truth(second, said):
    """Return the right decision on a window; None where half of a word or more is in it."""
    right = OTHER
    for first, last, word in said:
        inside = (min(second, last) - max(second - WINDOW, first)) / (last - first)
        right = word if inside > 0.99 else None if inside > 0.5 else right
    return right


def detections(decisions):
    """Return the words on which some decisions in a row agree, each with its second."""
    found, before, agreeing = [], OTHER, 0
    for second, word in decisions:
        agreeing = agreeing + 1 if word == before else 1
        before = word
        if agreeing == AGREEING and word != OTHER:
            found.append((second, word))
    return found


def figures_of(decisions, said):
    """Return the figures of a long recording."""
    known = [(word, truth(second, said)) for second, word in decisions]
    found, false = set(), 0
    for second, word in detections(decisions):
        right = [s for s in said if s.word == word and s.first < second < s.last + WINDOW]
        found.update(right)
        false += not right
    return {
        "accuracy": float(np.mean([word == right for word, right in known if right])),
        "words found": len(found) / len(said),
        "false alarms a minute": 60 * false / decisions[-1][0],
    }


def tables(job):
    data = sg.Dataset.from_folder(
        clips(job.folder.parent), log_mel=LOG_MEL, name="keywords", seed=job.seed, validation=0.2
    )
    of_clips = job.run("keywords", data, SETTINGS, {"accuracy": accuracy})
    program = hardware.Program.load(job.folder / "keywords" / "program.sgru")
    part = data.validation if job.validate else data.test
    rng = np.random.default_rng(job.seed)
    sound, said = sounds.recording(sorted({*part.groups}), WORDS_OF_RECORDING, rng)
    decisions = list(listen(program, sound))
    sounds.write_wav(job.folder / "recording.wav", sound)
    with (job.folder / "decisions.csv").open("w", newline="") as file:
        of_windows = ((f"{second:.2f}", word, truth(second, said)) for second, word in decisions)
        csv.writer(file).writerows([("second", "decision", "right"), *of_windows])
    of_recording = Row("deployed program", False, figures_of(decisions, said))
    return {"keywords": of_clips, "keywords, long recording": {DEPLOYED: of_recording}}


def main(seeds, out, **options):
    sounds.require_espeak()
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/keywords"))
