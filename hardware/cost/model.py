"""Cost models as rows: what a count costs, and what bounds a step.

A model of an earlier version stays, with the chips as they were then (`chips/NAME/`), so that its
figures can be computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hardware.errors import choose

TRAVEL = {
    "within_tile": "within_tile",
    "hops_east_west": "hop_east_west",
    "hops_north_south": "hop_north_south",
}
SYNAPSES = {
    "messages_in": "message_in",
    "dense_operations": "synaptic_operation_dense",
    "sparse_operations": "synaptic_operation_sparse",
}
TABLES = ("energy_pj", "time_ns")
"""Tables of a chip file that hold a constant for each operation."""

HOST_OPERATION = "host.operation_pj"
"""The field of a chip file with the energy of an operation of the host."""

SENDING = {"spikes": "spike", "messages_out": "message_out"}


@dataclass(frozen=True)
class CostModel:
    """One version of the closed form; tables name counts of `CoreLoads` and constants of a chip."""

    name: str
    neurons: Mapping[str, str]
    """Work of a core's neurons: their energy, and a bound of a step's time."""

    synapses: Mapping[str, str]
    """Work of a core's synapses: the same."""

    payloads: Mapping[str, str]
    """Parts of messages that cost energy, and time where they enter a tile."""

    ports_bound: bool = True
    """Whether messages that enter a tile, and those of the host, bound a step."""

    barrier_bounds: bool = True
    """Whether the barrier is the least time of a tick; else it is added to the work."""

    static_with_host: bool = True
    """Whether cores leak while the host works, too."""

    prices_operations: bool = True
    """Whether the operations of the host have an energy."""

    accumulators_take_words: bool = True
    """Whether every accumulator of a neuron takes a state word; else those of changes do."""

    sparse_where_free: bool = True
    """Whether synapses are sparse where that takes no more cores; else where it is smaller."""

    cuts_to_fewest: bool = True
    """Whether a search for cores that leaves numbers out goes back to the fewest of them."""

    objective: str = "knee"
    """Objective of a placement, unless another is given."""

    @property
    def energy(self) -> Mapping[str, str]:
        """The constant of each count that costs energy."""
        return {**self.neurons, **self.synapses, **self.payloads, **TRAVEL}

    @property
    def reads(self) -> frozenset[str]:
        """Fields of a chip file that other models may need and this one reads."""
        fields = {f"{table}.{name}" for table in TABLES for name in self.energy.values()}
        return frozenset(fields | ({HOST_OPERATION} if self.prices_operations else set()))


_STEPS = {
    "instructions": "microcode_instruction",
    "readout_updates": "neuron_update_active",
    "waiting_updates": "neuron_update_idle",
}
_UPDATES = {
    "active_updates": "neuron_update_active",
    "idle_updates": "neuron_update_idle",
}

COST_MODELS = {
    model.name: model
    for model in (
        CostModel("0.2", {**_STEPS, **SENDING}, SYNAPSES, {"payloads": "graded_payload"}),
        CostModel(
            "0.1",
            {**_UPDATES, **SENDING},
            SYNAPSES,
            {},
            ports_bound=False,
            barrier_bounds=False,
            static_with_host=False,
            prices_operations=False,
            accumulators_take_words=False,
            sparse_where_free=False,
            cuts_to_fewest=False,
            objective="cores",
        ),
    )
}
"""By name; the first is the one that is used unless another is asked for."""

CURRENT = next(iter(COST_MODELS))

OPTIONAL = COST_MODELS[CURRENT].reads - COST_MODELS["0.1"].reads
"""Fields that a chip file may leave out where the cost model does not read them."""


def cost_model(name: str | CostModel = CURRENT) -> CostModel:
    """Return a cost model by name, or as it is."""
    if isinstance(name, CostModel):
        return name
    return COST_MODELS[choose("cost model", name, COST_MODELS)]
