"""docs/validation.md as text."""

from __future__ import annotations

from hardware.cost.held_out import HeldOut, as_text, spread
from published import language_model, loihi1, pilotnet, steps
from published.izhikevich import LENGTH, UPDATE
from published.lines import Network, errors_table

NETWORKS = {
    "lsnn": loihi1.lsnn,
    "keywords": loihi1.keyword_spotting,
    "scaled": loihi1.scaled_keywords,
    "pilotnet": pilotnet.pilotnet,
    "sdnn": pilotnet.pilotnet_sdnn,
    "lif": steps.lif,
    "izhikevich": steps.izhikevich,
    "q_learning": steps.q_learning,
    "shd": steps.recurrent_shd,
    "language_model": language_model.language_model,
}

TEXT = """# Validation

This page compares predictions of this project with figures that others have measured or computed.
`python benchmarks/validation.py` writes it from the chips in `hardware/cost/chips/`.

- *predicted* is the nominal figure, with its range from the low to the high constants.
- A star (*) marks a prediction that rests on constants of another chip.
- A dagger (†) marks a measurement that gave a constant of the chip file. Such a line shows
  consistency and no more.
- *assumed* names the counts that are not published.

No nominal constant is fitted to a line without a dagger. Two choices were made with measurements
in view. Nominal energies of Loihi 1 are those of Davies et al.; those of SANA-FE are up to 1.5
times larger. The low energy of a synaptic operation of Loihi 2 was chosen so that the ranges
contain PilotNet's lowest run and the prefilling of the language model. Predictions and errors use
the nominal constants.

## Chips that were measured

The work of a step comes from the publication. All neurons are hard-wired, except those named as
microcoded. Each update of a hard-wired neuron is charged as active.

### sMNIST by an LSNN, Loihi 1

80 inputs, 140 LIF and 100 adaptive neurons, 10 outputs, {lsnn_synapses:,} synapses, {lsnn_steps}
steps; about 784 synaptic operations and 350 updates a step, all on one core
(intel-nrc-ecosystem/models).

{lsnn}

Energy comes out high, as it does with every published set of constants: all 350 updates are
charged as active. The host's figures come from this benchmark.

### Keyword spotting, Loihi 1

390-256-256-29 neurons, {keyword_steps} steps, 296.5 inferences a second, 29.7 mW idle and 110.2 mW
running (Blouw et al. 2019). A second laboratory measured 37 µJ for the same network.

{keywords}

Operations alone are off by {off:.0f}×, and no activity can explain this factor. The measurement is
of the whole board. The host of the chip file is that of the LSNN above, not that of this board.
With the time and power of this board the sum is right, as it must be. Use `host.time_us_per_step`
and `host.power_mw` of a chip file of your own.

### Scaled keyword networks, Loihi 1

Applied Brain Research scaled the network from 2 to 10 branches, each of 10 layers of 256 neurons,
with the same inputs and outputs. The energy of an inference grew from 703.7 to 835.8 µJ. Host,
inputs and outputs stay the same, so the slope is the cost of a branch on the cores.

{scaled}

### PilotNet of LIF neurons, Loihi 2

158,509 neurons on 74 cores, {pilotnet_steps} steps. lava-dl's notebook
(`tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb`) prints how the layers were cut over
cores. A figure of the notebook shows the counters of each core over 10,000 steps. This table was
read from the figure, to 1 % for operations and 10 % for messages. The table gives the counts of
one step, for all cores of a layer together:

{pilotnet_layers}

{pilotnet}

No energy of a single operation of Loihi 2 is public. Three published runs of this network lie
between 35 and 68 µJ a step, so part of the agreement in energy is luck. The busiest cores set the
time: the third convolution has three of the 74 cores and does a fifth of all operations. The
published times of single steps show this too. These times go through about 201, 107, 181 and 125
µs in turn. In the same steps a core of that layer does 195, 106, 177 and 124 thousand operations,
recomputed from the published weights. Shared evenly, the same work would take a quarter of the
time. The counters also show that no image came in: the input's cores send nothing, and the network
ran on its biases. The counters count each update of a neuron twice; here each update is charged
once.

### PilotNet as a sigma-delta network, Loihi 2

61 cores (lava-dl). Only the static power is compared: the counts are not published.

{sdnn}

### LIF networks of 200 to 1,200 neurons, Loihi 2

Winner-take-all networks on 5 to 69 cores (Uludag et al. 2024, doi 10.1088/2634-4386/ad5584;
figures of OzU-CAST/LoihiScalingEfficiency, read by eye). A step takes 1.78 µs, whatever the size:
the barrier is the bound.

{lif}

The measured power is the total of the chip, with its embedded processors and its interface. The
chip file's static power is that of the cores, so the prediction is too low.

### Microcoded Izhikevich networks, Loihi 2

The same networks with microcoded neurons. An update is this list, in the instruction set of the
page on [Lava](lava.md). Potentials have 12 fraction bits, a step is half a millisecond, and `a`
and `b` are multiples of 2⁻¹⁶:

```text
{update}```

That is {length} instructions, and {quiet} where the neuron does not spike. All {length} are
charged at every update. The constants of `microcode_instruction` in `chips/loihi2.toml` are
published times and energies of an update, divided by {length}.

{izhikevich}

The neurons of the fullest core are not published. The compiler divides each population until it
fits, so 200 neurons on 5 cores may be cut unevenly. The time of a step is that of its neurons or
of the barrier, whichever is longer. The whole time is therefore divided by the instructions of a
core. With neurons shared evenly this gives 9.3, 6.0, 4.9 and 5.5 ns for an instruction. The
nominal constant is 5.5. The low constant assumes all 200 neurons on one core. Each range contains
its measurement.

### Q-learning, Loihi 2

{q_cores} cores with microcoded neurons, {q_steps} steps in 12.86 µs, 23.2 µJ of the board
(arXiv:2609.32317, a secondary source). The numbers of neurons and spikes are not stated. So only
the barrier and the static energy are predicted.

{q_learning}

### Recurrent network for spoken digits, Loihi 2

700 inputs, 1,024 recurrent LIF neurons and 20 outputs with 8-bit weights: 0.50 mJ an inference
(arXiv:2503.04341). Its weights fill {shd_cores} cores. Neither the steps nor the spikes are among
the figures at hand. The publication compares whole devices, so the whole chip is compared with it.

{shd}

A report gives the last line, because a report assumes that every step goes through the host: the
cores wait and leak meanwhile. The figures at hand do not say whether a host took part in the
measurement.

### MLGRU language model, Loihi 2

370 million parameters, 24 blocks on 24 chips, ternary weights stored in 8 bits, and activations of
16 bits (arXiv:2503.18002; sizes of `ridger/MMfreeLM-370M`). A token reads {lm_weights:,} weights.
The matrices of a block, with as few cores as their memory allows:

{lm_block}

Every value is sent for every token as a graded message, zeros of weights are read, and each output
of a matrix is charged {lm_instructions} instructions (those of this project's `minimal`). The host
and the embedding are left out.

{language_model}

Prefilling keeps every core busy and shows the cost of an operation: the nominal 23.6 pJ is too
much for Loihi 2. Generating keeps one matrix of one block busy and shows the cost of 24 waiting
chips. The measurement is 0.70 W a chip, while the chip file has {static} for its cores. Embedded
processors, interfaces and the links between chips are not in the chip file. Messages from chip to
chip are charged like messages within a chip.

## What was not measured

No gated spiking neuron has been measured on any chip. Its step is charged by its list of
instructions ([Lava](lava.md)), with the constants of the Izhikevich networks above.

## Other programs that count

**SANA-FE** (Boyle et al. 2025, an architecture simulator) computes the same energy as cost model
0.1 and, with its `simple` timing, the same time, from the same network, placement and spikes. This
was compared on six random networks of two recurrent layers, on 5 to 9 cores in 3 to 5 tiles.
Version 2.2.9 differed by less than 10⁻¹⁴ of energy and time. Cost model 0.2, the current one, has
other terms and was not compared. `SANAFE_PYTHON=.../python python -m pytest
tests/hardware/cost/test_against_sanafe.py` repeats the comparison. The interpreter belongs to a
separate environment with `sanafe` (SANA-FE is under the GPL and is never imported here). One
difference is deliberate: between published numbers of tiles the barrier is interpolated here,
while SANA-FE keeps the barrier of the last published number.

**NeuroBench** counts the same synaptic operations (effective multiply-accumulates, effective
accumulates, dense), activation sparsity, connection sparsity and footprint on networks built of
`nn.Linear`, exactly (version 2.3.0; `tests/hardware/cost/test_against_neurobench.py` repeats it
where `neurobench` is installed). On a layer whose weights are raw parameters NeuroBench counts
nothing and gives no warning.

## Errors of what was held out

Predicted / measured of the lines that gave no constant. A line is left out if its prediction is
only a bound, or has another scope than the measurement. The columns are scopes, which are never
mixed. `hardware.cost.held_out.spread` gives their ranges.

{errors}

Energies are within a factor of {energy} published networks: {dynamic} for operations alone,
{chips} with the static energy of whole chips. With the host of the chip file as well the factor is
{hosted}. With or without a host, whole chips are within a factor of {whole}. Times on the cores
are within a factor of {time}. Energies of boards, with the host of the chip file, are within a
factor of {board}.
"""


def within(kind: str) -> str:
    """Return the factor of a kind: `2.12 on 3`."""
    found = spread(kind)
    return f"{as_text(found.factor)} on {found.networks}"


def block_table() -> str:
    """Return the matrices of a block of the language model."""
    bits = language_model.load_chip("loihi2").limits.synapse_bits_per_core
    rows = ["| matrix | inputs | outputs | cores |", "|---|---|---|---|"]
    for (name, sizes), part in zip(
        language_model.MATRICES.items(), language_model.block(bits), strict=True
    ):
        rows.append(f"| {name} | {sizes[0]:,} | {sizes[1]:,} | {part.cores} |")
    return "\n".join(rows)


def networks() -> dict[str, Network]:
    """Return every network by its place on the page."""
    return {place: network() for place, network in NETWORKS.items()}


def held_out(found: dict[str, Network]) -> list[HeldOut]:
    """Return the errors of what was held out."""
    return [error for network in found.values() for error in network.held_out()]


def page() -> str:
    """Return docs/validation.md."""
    found = networks()
    chip = language_model.load_chip("loihi2")
    return TEXT.format(
        **{place: str(network) for place, network in found.items()},
        lsnn_synapses=loihi1.LSNN_SYNAPSES,
        lsnn_steps=loihi1.LSNN_STEPS,
        keyword_steps=loihi1.KEYWORD_STEPS,
        off=1 / found["keywords"].lines[0].ratio,
        pilotnet_layers=pilotnet.layers_table(),
        pilotnet_steps=pilotnet.STEPS,
        update=UPDATE,
        length=LENGTH,
        quiet=LENGTH - 3,
        q_cores=steps.Q_CORES,
        q_steps=steps.Q_STEPS,
        shd_cores=sum(steps.SHD_CORES),
        lm_weights=language_model.weights(),
        lm_block=block_table(),
        lm_instructions=language_model.INSTRUCTIONS,
        static=f"{1e-3 * chip.limits.cores * chip.static_mw_per_core.nominal:.2f} W",
        errors=errors_table(held_out(found)),
        energy=within("energy"),
        dynamic=within("core dynamic"),
        chips=within("whole chip"),
        whole=within("whole"),
        hosted=within("with host"),
        time=within("time"),
        board=within("board"),
    )
