"""Data sets of what people have: folders, series, data frames, loaders, given parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hardware.definition.vocabulary import Text, Vocabulary
from hardware.errors import InputError
from spiking_gru.data.event_recordings import EventSettings
from spiking_gru.data.folder import recordings_in
from spiking_gru.data.option_types import checked
from spiking_gru.data.pairs import of_pairs
from spiking_gru.data.recordings import (
    Recordings,
    joined,
    of_frames,
    of_loader,
    of_long_frame,
    of_long_frame_with_heads,
    recordings,
)
from spiking_gru.data.series import forecasts
from spiking_gru.data.sound import LogMelSettings
from spiking_gru.data.texts import of_texts

if TYPE_CHECKING:
    from typing_extensions import TypedDict, Unpack

    from spiking_gru.data.dataset import Dataset

    class About(TypedDict, total=False):
        """Options of `Dataset.from_lists` that say what the data are."""

        classes: Sequence[str] | Mapping[str, Sequence[str]]
        name: str
        licence: str
        seed: int

    class Options(About, total=False):
        """Those, and how the data are split."""

        split: str | None
        test: float
        validation: float
        test_seed: int


class Constructors:
    """Ways to make a data set; each brings its data to the form of `from_lists`."""

    if TYPE_CHECKING:

        @classmethod
        def from_lists(
            cls,
            sequences: Any,
            targets: Any,
            *,
            groups: Any = None,
            parts: Sequence[str] | None = None,
            naive: Mapping[str, Any] | None = None,
            places: Sequence[str] | None = None,
            task: str | Mapping[str, str] | None = None,
            **options: Unpack[Options],
        ) -> Dataset: ...

    @classmethod
    def _from(
        cls, found: Recordings, task: str | Mapping[str, str] | None, options: Options
    ) -> Dataset:
        made = cls.from_lists(
            found.sequences,
            found.targets,
            groups=found.groups,
            parts=found.parts,
            naive=found.naive,
            places=found.places,
            task=task,
            **options,
        )
        return replace(made, channel_names=found.channels, preprocessing=found.preprocessing)

    @classmethod
    @checked()
    def from_folder(
        cls,
        path: str | Path,
        *,
        time: str | None = None,
        target: str | Sequence[str] = (),
        missing: str | None = None,
        log_mel: LogMelSettings = None,
        heads: str | Sequence[str] = (),
        events: EventSettings = None,
        task: str | Mapping[str, str] | None = None,
        **options: Unpack[Options],
    ) -> Dataset:
        """Return a data set of a folder of CSV, Parquet, NPZ or WAV recordings.

        Labels are the names of subfolders, or in `index.csv`: columns `file`, then `label` or
        `target…`, and if you like `group` and `part`. The column `time` is left out. The columns
        `target` hold a target of each frame. `heads` are several targets at once: columns of
        `index.csv`, or of the recordings with a target of each frame. `missing` fills gaps:
        interpolate, hold or zero.
        WAV files become log-mel features; `log_mel` has their settings, or some of them by name.
        With `events`, settings of `hardware.sequences.events.EventForm`, the files hold events.
        More frames than 256 MiB are kept in a temporary file and read as they are needed.
        """
        folder = Path(path)
        found, of_folder = recordings_in(
            folder, time, _names(target), missing, log_mel, events, _names(heads)
        )
        options.setdefault("name", folder.resolve().name)
        try:
            return cls._from(found, task or of_folder, options)
        except InputError as error:
            raise InputError(f"{folder}: {error}") from error

    @classmethod
    @checked()
    def from_series(
        cls,
        series: Any,
        *,
        history: int,
        horizon: int | Sequence[int],
        target: str | Sequence[str] = (),
        known: str | Sequence[str] = (),
        time: str | None = None,
        missing: str | None = None,
        test: float | None = None,
        validation: float | None = None,
        season: int | None = None,
        name: str | None = None,
        licence: str = "",
    ) -> Dataset:
        """Return a data set of windows of one long series, split by time.

        `series` is the path of a CSV or Parquet file, a data frame, or an array (steps, channels).
        A window shows `history` steps of all columns but `time`. It asks for the next `horizon`
        values of the columns `target`, or for those that many steps ahead. Columns in `known` are
        known in advance: a frame shows their value at the last step that is asked for. With a
        `season` in steps, MASE compares with the value a season before, else with the last one.
        """
        found = forecasts(
            series,
            history,
            horizon,
            _names(target),
            _names(known),
            time,
            missing,
            test,
            validation,
            season,
        )
        if name is None:
            name = Path(series).stem if isinstance(series, (str, Path)) else "series"
        return cls._from(found, "regress", {"name": name, "licence": licence, "split": "time"})

    @classmethod
    @checked()
    def from_frames(
        cls,
        frames: Any,
        targets: Iterable[Any] | None = None,
        *,
        groups: Iterable[Any] | None = None,
        sequence: str | None = None,
        target: str | Sequence[str] = (),
        heads: str | Sequence[str] = (),
        group: str | None = None,
        time: str | None = None,
        missing: str | None = None,
        task: str | Mapping[str, str] | None = None,
        **options: Unpack[Options],
    ) -> Dataset:
        """Return a data set of pandas or Polars frames, or dicts of columns.

        Give one frame for each sequence, and `targets`. Or give one long frame, whose column
        `sequence` says to which sequence a row belongs, and the names of its columns `target` and,
        if you like, `group`; `heads` names columns that are a target each. Rows are put in the
        order of the column `time`, if it is named.
        """
        if sequence is not None and heads:
            if target:
                raise InputError("target and heads are given: name all columns of targets as heads")
            found = of_long_frame_with_heads(frames, sequence, _names(heads), group, time, missing)
        elif sequence is not None:
            found = of_long_frame(frames, sequence, _names(target), group, time, missing, task)
        else:
            if target or heads or group is not None:
                raise InputError(
                    "the names of columns target, heads and group are for one long frame: give "
                    "sequence='NAME', or targets and groups as lists with one for each frame"
                )
            listed: Any = list(targets if targets is not None else ())
            if isinstance(targets, Mapping):
                listed = targets
            of_groups = None if groups is None else list(groups)
            found = of_frames(frames, listed, of_groups, time, missing)
        return cls._from(found, task, options)

    @classmethod
    @checked()
    def from_loader(
        cls,
        loader: Iterable[Any],
        *,
        validation_loader: Iterable[Any] | None = None,
        test_loader: Iterable[Any] | None = None,
        task: str | Mapping[str, str] | None = None,
        **options: Unpack[Options],
    ) -> Dataset:
        """Return a data set of what loaders give: batches (inputs, targets) or with lengths.

        A torch DataLoader is one, as is any iterable of tensors or arrays, the batch first. With
        `test_loader` the parts are as given; else they are split.
        """
        found = of_loader(loader, task)
        if test_loader is not None or validation_loader is not None:
            others = {"validation": validation_loader, "test": test_loader}
            given = {p: of_loader(other, task) for p, other in others.items() if other is not None}
            found = joined({"train": found, **given})
        return cls._from(found, task, options)

    @classmethod
    @checked()
    def from_texts(
        cls,
        texts: Iterable[Text],
        targets: Iterable[Any] | None = None,
        *,
        vocabulary: Vocabulary | None = None,
        kind: str = "characters",
        size: int | None = None,
        fewest: int = 1,
        lower: bool = False,
        ends: bool = True,
        groups: Iterable[Any] | None = None,
        parts: Sequence[str] | None = None,
        task: str | None = None,
        **options: Unpack[Options],
    ) -> Dataset:
        """Return a data set of texts, each a str or a list of its pieces.

        Targets are those of `from_lists`, or with `task="tag"` one of each piece. Without targets
        the task is to predict the next token: of whole texts, or with `ends=False` of pieces of a
        longer one. A vocabulary of that `kind` (characters, words, subwords) is learnt from all
        parts but the test part: pieces that occur `fewest` times or more, at most `size`.
        """
        return of_texts(
            cast("type[Dataset]", cls),
            texts,
            targets,
            vocabulary=vocabulary,
            kind=kind,
            size=size,
            fewest=fewest,
            lower=lower,
            ends=ends,
            task=task,
            groups=None if groups is None else list(groups),
            parts=parts,
            **options,
        )

    @classmethod
    @checked("targets")
    def from_pairs(
        cls,
        sources: Iterable[Any],
        targets: Iterable[str],
        *,
        kind: str = "characters",
        target_kind: str | None = None,
        size: int | None = None,
        target_size: int | None = None,
        fewest: int = 1,
        lower: bool = False,
        groups: Iterable[Any] | None = None,
        parts: Sequence[str] | None = None,
        **options: Unpack[Options],
    ) -> Dataset:
        """Return a data set of pairs: sources, and the text to write for each of them.

        Sources are texts, or (frames, channels) arrays. Vocabularies of sources and of targets are
        learnt from all parts but the test part. They are of that `kind` and `size`, for targets of
        `target_kind` and `target_size`, with pieces that occur `fewest` times or more.
        """
        return of_pairs(
            cast("type[Dataset]", cls),
            sources,
            targets,
            kind=kind,
            target_kind=target_kind,
            size=size,
            target_size=target_size,
            fewest=fewest,
            lower=lower,
            groups=None if groups is None else list(groups),
            parts=parts,
            **options,
        )

    @classmethod
    @checked("test", "validation")
    def from_parts(
        cls,
        training: Sequence[Any],
        test: Sequence[Any],
        validation: Sequence[Any] | None = None,
        *,
        task: str | Mapping[str, str] | None = None,
        **options: Unpack[About],
    ) -> Dataset:
        """Return a data set of given parts: each is (sequences, targets), or with groups."""
        given = {"train": training, "validation": validation, "test": test}
        parts = {name: recordings(part) for name, part in given.items() if part is not None}
        return cls._from(joined(parts), task, cast("Options", options))


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
