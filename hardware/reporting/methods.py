"""How each number of a report was computed: its formula, and where what goes into it is from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.cost.chip import Barrier, Chip, Constant, Operations
from hardware.cost.dense_gru import DEVICES
from hardware.cost.model import COST_MODELS, HOST_OPERATION, CostModel
from hardware.definition.decision import DECISIONS
from hardware.reporting.schema import ClampedInputs, ExitFigures, MeasuredFigures, Report


@dataclass(frozen=True)
class Method:
    """A figure in words, the formula in signs, and the source of its parts."""

    figure: str
    formula: str
    source: str


def methods(report: Report) -> list[Method]:
    """In the order of the page."""
    constants = f"constants of {report.chip}, listed below"
    trace = f"every step of every inference, recorded by the {report.engine} engine"
    return [
        *METHODS[report.headline](report),
        *_of_clamped(report.clamped_inputs),
        Method("spikes", "Σ spikes, their changes, or values sent", trace),
        Method(
            "synaptic operations",
            "Σ messages × nonzero weights on their way",
            "the trace and the program's weights; exact",
        ),
        Method(
            "neuron updates",
            "neurons × ticks; idle where the membrane is 0 before and after",
            "the trace; exact",
        ),
        Method("firing rate", "spikes / (neurons × steps)", "the trace; exact"),
        Method("core dynamic energy", "Σ count × energy of one operation", constants),
        *_of_early_exit(report.early_exit),
        *_of_model(report, constants),
        Method(
            "low – high",
            "the same formula with every constant at its low, then at its high",
            "the published range of each constant",
        ),
        Method(
            "multiply-accumulates of a dense network",
            "steps × weights of its layers + answers × weights of its readout",
            "its weights; it answers as often as the program",
        ),
        Method(
            "dense network with its memory",
            "multiply-accumulates × (energy of one + read of a weight) + values × their access",
            f"{report.dense_gru.chip}, the smallest memory that holds its weights and states; "
            f"arithmetic alone is a lower bound",
        ),
        *(
            Method(
                f"dense GRU, {name}", f"multiply-accumulates × {device.joules:.3g} J", device.source
            )
            for name, device in DEVICES.items()
        ),
        Method(
            "GRU that skips what has not changed",
            "values that moved by more than a threshold × weights of their column",
            f"{report.delta_gru.note}; without a calibrated one, this program's membranes on the "
            f"gate grid are taken as its states",
        ),
        *_measured(report.measured),
        Method(
            "events an average synapse sees",
            "synaptic operations / (synapses × frames)",
            "break-even band: Dampfhoffer 2023, for networks that use each synapse once; a GRU "
            "uses it at every frame",
        ),
        Method(
            "power at a rate",
            "static power + rate × (dynamic + host energy of an inference)",
            "the chip is never switched off; rivals have no static power, which favours them",
        ),
        Method(
            "break-even rate",
            "static power of the whole chip / (rival's energy − dynamic − host energy)",
            "above it the whole chip draws less power; none where it cannot keep up",
        ),
        Method(
            "core map",
            "need / limit of each core, of the limit it uses most",
            f"the placement within the limits of {report.chip}",
        ),
    ]


def _of_clamped(found: ClampedInputs | None) -> list[Method]:
    if found is None:
        return []
    return [
        Method(
            "clamped inputs",
            "values of frames beyond the encoder's limit / values",
            "the frames, counted when the run was recorded; exact",
        )
    ]


def _of_early_exit(found: list[ExitFigures] | None) -> list[Method]:
    if found is None:
        return []
    return [
        Method(
            "early exit",
            "figures of whole sequences − those of the steps after the exit",
            "the scores after every frame, from the trace; the program is not run again",
        )
    ]


def _of_classes(report: Report) -> list[Method]:
    items = "frames" if report.targets is not None and report.targets.per_frame else "samples"
    found = [
        Method(
            "accuracy",
            f"{items} classified correctly / {items} whose class is known",
            DECISIONS[report.decision].rule,
        ),
        Method(
            "precision, recall and F1 of a class",
            "right / named so; right / so in truth; 2 right / (named so + so in truth)",
            "the confusion matrix; macro F1 is the mean of F1 over the classes that occur",
        ),
    ]
    if "perplexity" in report.networks[-1].metrics:
        what = "p: the softmax of the logits, at the token that is right"
        found.append(Method("perplexity", "exp(−mean log p)", what))
    if report.accuracy_interval is not None:
        found.append(
            Method(
                "interval of accuracy",
                "(p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n), z = 1.96",
                "Wilson's 95 % interval: what so few samples can say",
            )
        )
    return found


def _of_labels(report: Report) -> list[Method]:
    items = "frames" if report.targets is not None and report.targets.per_frame else "samples"
    return [
        Method(
            "precision, recall and F1 of a label",
            "right / named so; right / so in truth; 2 right / (named so + so in truth)",
            DECISIONS[report.decision].rule,
        ),
        Method(
            "micro F1 and macro F1",
            "F1 of all labels counted together; mean of F1 over the labels that occur",
            "all labels that are known",
        ),
        Method(
            "exact match",
            f"{items} with every label right / {items} whose labels are all known",
            "the answers and the targets",
        ),
        Method("Hamming loss", "wrong labels / labels that are known", "the answers, the targets"),
    ]


def _of_values(report: Report) -> list[Method]:
    return [
        Method(
            "RMSE and MAE",
            "√(mean (answer − target)²); mean |answer − target|",
            "all known targets, in their unit",
        ),
        Method(
            "NRMSE",
            "√(mean ((answer − target) / σ)²), σ of each output's targets",
            "the same targets",
        ),
        Method(
            "sMAPE",
            "mean 200 |answer − target| / (|answer| + |target|), in per cent",
            "the same targets; 0 / 0 counts as 0",
        ),
        *_of_naive(report),
    ]


def _of_naive(report: Report) -> list[Method]:
    forecasts = [network.title for network in report.networks if network.metrics["mase"] == 1]
    if report.deployed.metrics["mase"] is None:
        return []
    return [
        Method(
            "MASE",
            "MAE / MAE of the naive forecast",
            f"{forecasts[0]}; targets of which it is known" if forecasts else "a naive forecast",
        )
    ]


METHODS = {"accuracy": _of_classes, "micro_f1": _of_labels, "rmse": _of_values}
"""The methods of a task's metrics, by its headline."""


def _measured(found: Sequence[MeasuredFigures]) -> list[Method]:
    return [
        Method(
            f"time of {one.network}",
            f"least and median of {one.rounds:,} rounds of one sequence, after one that is not "
            f"counted",
            f"the clock, {one.software}",
        )
        for one in found
    ]


def _of_neurons(model: CostModel, counts: str) -> list[Method]:
    """Return the methods of a step's neurons, and of the messages that reach them."""
    if "instructions" not in model.energy:
        title = "updates and messages sent × time of each, on the busiest core"
        return [Method("neurons, of a step", title, counts)]
    return [
        Method(
            "neurons, of a step",
            "instructions, updates and messages sent × time of each, on the busiest core",
            f"each step of a gated neuron runs its list of instructions (docs/lava.md); {counts}",
        ),
        Method(
            "messages, of a step",
            "messages × time of a hop, and payloads × time of each, into the busiest tile; or the "
            "messages of the host",
            f"links between tiles are not modelled; {counts}",
        ),
    ]


def _of_model(report: Report, constants: str) -> list[Method]:
    """Return the methods of time, static and host energy in the report's cost model."""
    counts = f"counts of every core and step; {constants}"
    if COST_MODELS[report.cost_model].barrier_bounds:
        time = "Σ over steps of max(neurons, synapses, messages, ticks × barrier)"
    else:
        time = "Σ over steps of max(neurons, synapses) + ticks × barrier"
    spent = "time on the cores"
    if COST_MODELS[report.cost_model].static_with_host:
        spent = "(time on the cores + time for the host)"
    host = "ticks × host time per step × host power"
    if COST_MODELS[report.cost_model].prices_operations:
        host += " + operations × energy of one"
    return [
        Method("time on the cores", time, counts),
        *_of_neurons(COST_MODELS[report.cost_model], counts),
        Method(
            "synapses, of a step",
            "messages received and weights read × time of each, on the busiest core",
            f"a dense set of synapses reads its zeros, too; {counts}",
        ),
        Method(
            "static energy, cores in use",
            f"cores in use × static power × {spent}",
            f"the placement; {constants}",
        ),
        Method(
            "static energy, whole chip",
            f"cores of the chips in use × static power × {spent}",
            f"the placement; {constants}",
        ),
        Method("time for the host", "ticks × host time per step", constants),
        Method(
            "host energy",
            host,
            f"operations of features, encoder and messages (hardware/cost/host_work.py); "
            f"{constants}",
        ),
    ]


@dataclass(frozen=True)
class ConstantRow:
    """One constant of a chip as its description file has it."""

    name: str
    unit: str
    range: tuple[str, ...]
    """Low, nominal and high."""

    source: str


def constants(chip: Chip) -> list[ConstantRow]:
    """Every constant of the charged chip's file."""
    tables = (("energy_pj", "pJ", "energy"), ("time_ns", "ns", "time"))
    rows = [
        _row(name, unit, getattr(getattr(chip, table), name), of)
        for table, unit, of in tables
        for name in Operations.model_fields
        if f"{table}.{name}" not in chip.left_out
    ]
    rows.append(_barrier(chip.time_ns.barrier))
    rows.append(_row("static_power", "mW per core", chip.static_mw_per_core))
    rows.append(_row("host_power", "mW", chip.host.power_mw))
    rows.append(_row("host_time", "µs per step", chip.host.time_us_per_step))
    if HOST_OPERATION not in chip.left_out:
        rows.append(_row("host_operation", "pJ", chip.host.operation_pj))
    return rows


def _row(name: str, unit: str, constant: Constant, of: str = "") -> ConstantRow:
    title = f"{of} of {name}" if of else name
    return ConstantRow(
        title.replace("_", " "),
        unit,
        tuple(f"{value:g}" for value in constant.range),
        _source(constant.source, constant.inherited),
    )


def _barrier(barrier: Barrier) -> ConstantRow:
    """The figures for the fewest and the most tiles that are known."""
    first, last = barrier.tiles[0], barrier.tiles[-1]
    tiles = f"{first} to {last} tiles" if first != last else f"{first} tiles"
    ends = tuple(
        f"{values[0]:g} to {values[-1]:g}" if first != last else f"{values[0]:g}"
        for values in (barrier.low, barrier.nominal, barrier.high)
    )
    source = _source(barrier.source, barrier.inherited)
    return ConstantRow(f"time of the barrier of {tiles}", "ns", ends, source)


def _source(source: str, inherited: str) -> str:
    return f"{source} (inherited from {inherited})" if inherited else source
