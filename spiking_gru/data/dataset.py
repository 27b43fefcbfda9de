"""A data set: sequences with targets in three parts, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.vocabulary import Vocabulary
from hardware.display import number_of
from hardware.errors import InputError, choose
from hardware.sequences.dense import Inputs, as_array
from hardware.sequences.on_disk import stored
from hardware.sequences.sparse import SparseSequences
from spiking_gru.data import splits
from spiking_gru.data.constructors import Constructors
from spiking_gru.data.fingerprint import arrays_of, fingerprint
from spiking_gru.data.heads import ALONE, Head, targets_of_heads
from spiking_gru.data.learnable import require_learnable
from spiking_gru.data.option_types import checked
from spiking_gru.data.pairs import Reads
from spiking_gru.data.part import Part, held_out
from spiking_gru.data.places import COUNTED, Places
from spiking_gru.data.recordings import Preprocessing
from spiking_gru.data.splits import TEST_SHARE, VALIDATION_SHARE
from spiking_gru.data.targets import Targets, targets_of
from spiking_gru.data.tasks import Task, row_of


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Constructors):
    """Training, validation and test parts; training uses the test part only at the end."""

    name: str
    training: Part
    validation: Part
    test: Part
    classes: tuple[str, ...] = ()
    task: str = "classify"
    fingerprint: str = ""
    licence: str = ""
    channel_names: tuple[str, ...] = ()
    """The name of each channel, where it has one."""

    preprocessing: Preprocessing = ()
    """The steps that made the frames, as a program states them."""

    vocabulary: Vocabulary | None = None
    """The tokens of the frames, where those are texts; of pairs those of the targets."""

    reads: Reads | None = None
    """The sources of pairs; None where sequences are no pairs."""

    heads: tuple[Head, ...] = ()
    """Several targets at once; none where there is one, whose classes and task are the data's."""

    def __repr__(self) -> str:
        parts = " + ".join(str(len(p)) for p in (self.training, self.validation, self.test))
        channels = number_of(self.channels, "channel")
        return (
            f"Dataset({self.name!r}: {parts} sequences, {channels}, {self.task}, {self.described})"
        )

    @property
    def channels(self) -> int:
        return self.training.sequences.channels

    @property
    def encoder(self) -> str:
        """The default encoder of training."""
        if self.reads is not None:
            return self.reads.encoder
        if self.vocabulary is not None:
            return "tokens"
        return "events" if isinstance(self.training.sequences, SparseSequences) else "graded"

    @property
    def row(self) -> Task:
        """The row of the task."""
        return row_of(self.task)

    @property
    def outputs(self) -> int:
        """Classes, or values of one answer; those of all heads together."""
        if self.heads:
            return sum(alone.outputs for alone in self.by_head.values())
        return len(self.classes) or int(self.training.targets.shape[1])

    @property
    def described(self) -> str:
        """A short description of the answers of the task."""
        if self.heads:
            answers = ", ".join(f"{name} ({one._answers})" for name, one in self.by_head.items())
        else:
            answers = self._answers
        return f"{answers} of each {'frame' if self.row.per_step else 'sequence'}"

    @property
    def _answers(self) -> str:
        what = "classes" if self.classes else "value" if self.outputs == 1 else "values"
        number = f"any of {self.outputs}" if self.row.has_labels else str(self.outputs)
        return f"{number} {what}"

    def head(self, name: str) -> Dataset:
        """Return the same data with the targets of one head alone."""
        heads = {head.name: head for head in self.heads}
        head = heads[choose("head", name, heads)]
        return replace(
            self,
            training=self.training.of_head(head),
            validation=self.validation.of_head(head),
            test=self.test.of_head(head),
            classes=head.classes,
            task=head.task,
            heads=(),
        )

    @property
    def by_head(self) -> dict[str, Dataset]:
        """Return the data of each head by name, or the data set itself if it has one target."""
        return {head.name: self.head(head.name) for head in self.heads} or {ALONE: self}

    @classmethod
    @checked()
    def from_lists(
        cls,
        sequences: Inputs | SparseSequences,
        targets: ArrayLike | Iterable[Any] | Mapping[str, Any],
        *,
        groups: ArrayLike | None = None,
        parts: Sequence[str] | None = None,
        naive: Mapping[str, ArrayLike] | None = None,
        places: Sequence[str] | None = None,
        task: str | Mapping[str, str] | None = None,
        classes: Sequence[str] | Mapping[str, Sequence[str]] = (),
        name: str = "data",
        licence: str = "",
        split: str | None = None,
        test: float = TEST_SHARE,
        validation: float = VALIDATION_SHARE,
        seed: int = 0,
        test_seed: int = 0,
    ) -> Dataset:
        """Return a data set of sequences and targets in the forms that people have.

        Sequences are (frames, channels) arrays, tensors or data frames, one array (sequences,
        frames, channels), or `SparseSequences`, which stay sparse; for targets see
        `spiking_gru.data.targets.targets_of`. `split` is `class` (a share of each class), `group`
        (every group in one part; the default with `groups`) or `time` (the last sequences are the
        test part). Validation is taken from the training part in the same way, by `seed`, so that
        all seeds have the same test part. `parts` gives the part of each sequence instead: `train`,
        `validation` or `test`. `naive` has forecasts of the targets by name, to compare with.
        `places` name each sequence in errors, for instance by its file.

        Targets by name are heads: several targets of each sequence, or of each frame, which one
        network answers at once. `task` and `classes` are then by name of the head.
        """
        taken = stored(sequences)
        if not len(taken):
            raise InputError(
                "there are no sequences, expected some to train on and some to hold out: give "
                "(frames, channels) arrays"
            )
        understood = _understood(targets, taken.lengths, task, classes, bool(naive))
        of_groups = None if groups is None else as_array(groups)
        forecasts = {
            name: targets_of(values, taken.lengths, understood.task).array
            for name, values in (naive or {}).items()
        }
        per_step = row_of(understood.task).per_step
        named = COUNTED if places is None else Places.of(places, len(taken))
        whole = Part(taken, understood.array, of_groups, per_step, forecasts, named)
        how = split or ("class" if of_groups is None else "group")
        if parts is None:
            held = held_out(whole, how, test, test_seed, understood.classes, understood.heads)
            chosen = {"train": np.setdiff1d(np.arange(len(whole)), held), "test": held}
        else:
            chosen = splits.given(parts, len(whole), of_groups, whole.where)
        taken_parts = {part: whole.take(indices) for part, indices in chosen.items()}
        return assembled(
            name,
            taken_parts["train"],
            taken_parts["test"],
            understood,
            how,
            validation,
            seed,
            licence,
            taken_parts.get("validation"),
        )


def _understood(
    given: Any,
    lengths: NDArray[np.int64],
    task: str | Mapping[str, str] | None,
    classes: Sequence[str] | Mapping[str, Sequence[str]],
    is_compared: bool,
) -> Targets:
    """Return targets as training takes them, of one kind or of several heads."""
    if isinstance(given, Mapping):
        if is_compared:
            raise InputError("naive forecasts are given, but there are heads: leave them out")
        return targets_of_heads(given, lengths, task, classes)
    if isinstance(task, Mapping) or isinstance(classes, Mapping):
        raise InputError(
            "task or classes are given by the name of a head, but the targets are not: give a dict "
            "of targets, or one task and a list of classes"
        )
    return targets_of(given, lengths, task, tuple(classes))


def assembled(
    name: str,
    training: Part,
    test: Part,
    targets: Targets,
    split: str = "class",
    validation: float = VALIDATION_SHARE,
    seed: int = 0,
    licence: str = "",
    given: Part | None = None,
) -> Dataset:
    """Return a data set whose validation part is `given`, or held out of `training`."""
    arrays = arrays_of(training, test, targets.names, given)
    if given is None or not len(given):
        try:
            held = held_out(training, split, validation, seed, targets.classes, targets.heads)
        except InputError as error:
            raise InputError(f"no validation part next to the test part: {error}") from error
        given = training.take(held)
        training = training.take(np.setdiff1d(np.arange(len(training)), held))
    made = Dataset(
        name=name,
        training=training,
        validation=given,
        test=test,
        classes=targets.classes,
        task=targets.task,
        fingerprint=fingerprint(arrays),
        licence=licence,
        heads=targets.heads,
    )
    require_learnable(made, targets)
    return made
