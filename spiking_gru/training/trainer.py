"""Phases of training: batches, steps, and the averaged weights of the best epoch."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import numpy as np
from torch import nn

from hardware.errors import TrainingError
from spiking_gru.batches import Batch, batches
from spiking_gru.data import Dataset
from spiking_gru.data.notes import notes_on_data
from spiking_gru.model import SequenceModel
from spiking_gru.seq2seq import Seq2Seq
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.augmentation import AUGMENTATIONS, augmented
from spiking_gru.training.callbacks import (
    BatchReport,
    Callbacks,
    EpochReport,
    PhaseReport,
    Watcher,
)
from spiking_gru.training.checkpoints import Checkpoints
from spiking_gru.training.curves import Curves
from spiking_gru.training.distillation import distillation_loss, taught
from spiking_gru.training.evaluation import Score, evaluate
from spiking_gru.training.history import History
from spiking_gru.training.losses import class_weights, head_weights
from spiking_gru.training.losses import loss as loss_of
from spiking_gru.training.notes import notes_on, require_finite
from spiking_gru.training.phase import Phase, begun
from spiking_gru.training.phase_state import Columns, PhaseState
from spiking_gru.training.stops import Stops
from spiking_gru.training.texts import exact_match
from spiking_gru.training.truncation import Piece, pieces, require_truncatable


class Trainer:
    """One data set and one set of settings, for several models in turn."""

    def __init__(
        self,
        settings: TrainingSettings,
        dataset: Dataset,
        report: Watcher,
        log: Curves,
        callbacks: Iterable[Watcher] = (),
        checkpoints: Checkpoints | None = None,
    ) -> None:
        require_truncatable(settings, dataset.task)
        self.settings = settings
        self.dataset = dataset
        self.history = History(log)
        self.callbacks = Callbacks([report, *callbacks])
        self.checkpoints = checkpoints or Checkpoints()
        self.stops = Stops()
        self.best_epochs: dict[str, int] = {}
        self.notes = notes_on_data(dataset)
        self.class_weights = class_weights(settings, dataset)
        self.head_weights = head_weights(settings, dataset)

    def fit(
        self,
        phase: str,
        model: SequenceModel,
        epochs: int,
        learning_rate: float,
        prune: float = 0.0,
        teacher: SequenceModel | None = None,
    ) -> None:
        """Train, and leave the model with the averaged weights of its best epoch.

        A phase that the checkpoint holds is not trained again, or goes on.

        With `prune` that share of the layers' weights becomes 0 over the first half of the epochs,
        and only a later one is kept. With a teacher the model learns from its logits as well, by
        the weight of `distil`.

        What is validated and kept is a moving average over the steps: on small data its accuracy
        varies much less than that of any one step. Best is the lowest loss on the validation
        part: there the accuracy is soon perfect and tells epochs apart no more.
        """
        weights = self.class_weights
        model.class_weights = None if weights is None else weights.to(model.device)
        model.head_weights = self.head_weights
        with self.stops.installed():
            with self.stops.held():  # torch imports much here, in code that no signal may leave
                run = begun(self.settings, phase, model, epochs, learning_rate, prune, teacher)
            found = self.checkpoints.find(phase)
            done = found.about.epoch if found else None
            self.callbacks.on_phase(PhaseReport(phase, epochs, model, done))
            columns = self.history.phases[phase] = found.columns if found else {}
            if found is not None:
                self._restore(run, found)
            notes = found.about.notes if found else None
            if notes is None:
                self._train(run, columns)
                notes = self._notes_on(run)
                self.checkpoints.save_ended(run, columns, notes)
        self.best_epochs[phase] = run.best_epoch
        self.notes += notes

    def _restore(self, run: Phase, found: PhaseState) -> None:
        """Go on from a saved state; the best weights are validated again for their score."""
        found.restore(run)
        if run.best_state:
            best = copy.deepcopy(run.smooth)
            best.load_state_dict(run.best_state)
            run.best = evaluate(best, self.dataset.validation)

    def _train(self, run: Phase, columns: Columns) -> None:
        """Train to the end of a phase; leave the model with the averaged weights of its best epoch.

        A phase that is stopped is saved.
        """
        with self.checkpoints.saved_if_stopped(run, columns):
            while not run.is_over(self.settings.patience):
                if self._epoch(run, columns):
                    break
                self.checkpoints.save_if_due(run, columns)
        run.model.load_state_dict(run.best_state)

    def _notes_on(self, run: Phase) -> list[str]:
        """Return notes on a phase that has been trained."""
        heads = {} if run.best is None else run.best.by_head
        targets = {n: one.validation.targets for n, one in self.dataset.by_head.items()}
        return notes_on(run.name, run.epochs, run.best_epoch, heads, targets)

    @contextmanager
    def _whole(self, run: Phase) -> Iterator[None]:
        """Do a step whole, or not at all; only a first one, which may compile, can be stopped."""
        run.whole = False
        with self.stops.held() if run.is_warm else nullcontext():
            yield
            run.whole = run.is_warm = True

    def _epoch(self, run: Phase, columns: Columns) -> bool:
        """Train for an epoch, or for what is left of it; return whether a callback ends the phase.

        The first batches of an epoch that goes on are drawn again, because one generator draws
        batches and augmentations in turn.
        """
        settings, rate, start = self.settings, run.rate, time.monotonic()
        epoch, sums, stopped = run.epoch + 1, run.sums, False
        strengths = {name: getattr(settings, name) for name in AUGMENTATIONS}
        number = -(-len(self.dataset.training) // settings.batch)
        if not sums.batches:
            run.pruning.choose(run.model, epoch)
        todo = batches(self.dataset.training, settings.batch, run.generator, run.model.device)
        for count, batch in enumerate(todo, 1):
            changed = augmented(batch, run.model, strengths, run.generator).to(run.model.device)
            if count <= sums.batches:
                continue
            with self._whole(run):
                loss, norm = self._step(run, changed, rate)
                sums.add(len(batch.lengths), loss, norm)
            about = BatchReport(run.name, epoch, count, number, loss, norm, rate)
            if self.callbacks.on_batch(about):
                stopped = True
                break
            self.checkpoints.save_if_due(run, columns)
        score = evaluate(run.smooth, self.dataset.validation)
        require_finite("the validation loss", score.loss, rate)
        report = EpochReport(
            phase=run.name,
            epoch=epoch,
            epochs=run.epochs,
            loss=sums.losses / sums.sequences,
            validation=score,
            learning_rate=rate,
            gradient_norm=sums.norms / sums.batches,
            seconds=time.monotonic() - start,
        )
        with self._whole(run):
            self.history.on_epoch(report)
            run.end_epoch(score)
        stopped = self.callbacks.on_epoch(report) or stopped
        if stopped and not run.pruning.is_complete(epoch):
            raise TrainingError(
                f"a callback ended the phase {run.name!r} in epoch {epoch}, before its weights "
                f"were pruned: let it train for {run.pruning.ramp} epochs or more"
            )
        return stopped

    def _step(self, run: Phase, batch: Batch, rate: float) -> tuple[float, float]:
        """Take one step, or one for each piece of truncated sequences.

        Return the mean loss, and the mean of the gradients' norms before they are clipped.
        """
        run.model.train()  # a callback may have evaluated it
        counted, width = self.settings.energy_weight > 0, self.settings.truncate
        found = [
            (*self._learn(run, batch, piece, rate), len(piece.lengths))
            for piece in pieces(run.model, batch, width, counted)
        ]
        loss, norm, weights = np.array(found).T
        return float(np.average(loss, weights=weights)), float(np.average(norm, weights=weights))

    def _learn(self, run: Phase, batch: Batch, piece: Piece, rate: float) -> tuple[float, float]:
        """Take one step; return the loss, and the gradient's norm before it is clipped."""
        settings, model = self.settings, run.model
        seen, targets, lengths = piece
        logits = model.logits(seen)
        loss = loss_of(model, logits, targets, lengths, settings.label_smoothing)
        if run.teacher is not None:
            from_teacher = distillation_loss(model, logits, taught(run.teacher, batch), lengths)
            loss = (1 - settings.distil) * loss + settings.distil * from_teacher
        if seen.operations is not None:
            energy_uj = seen.operations.mean() * settings.synaptic_operation_pj * 1e-6
            loss = loss + settings.energy_weight * energy_uj
        require_finite("the training loss", float(loss.detach()), rate)
        run.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_norm)
        require_finite("the gradient's norm", float(norm), rate)
        run.optimiser.step()
        run.averaged.update_parameters(model)
        run.pruning.apply([model, run.smooth])
        return float(loss.detach()), float(norm)

    def test(self, model: SequenceModel) -> Score:
        score = evaluate(model, self.dataset.test)
        if not isinstance(model, Seq2Seq):
            return score
        return replace(score, exact_match=exact_match(model, self.dataset.test))
