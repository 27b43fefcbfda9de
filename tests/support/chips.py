"""Chips for tests: small ones, whose constants are what a test says."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.cost.chip import Chip, Operations

ZERO = dict.fromkeys(Operations.model_fields, 0.0)


def constant(value: float) -> dict[str, object]:
    return {"low": value / 2, "nominal": value, "high": value * 2, "source": "a test"}


def small_chip(
    energy_pj: Mapping[str, float] | None = None,
    time_ns: Mapping[str, float] | None = None,
    *,
    gated_neurons: bool = True,
    columns: int = 4,
    rows: int = 3,
    cores_per_tile: int = 2,
    **limits: int,
) -> Chip:
    """A chip of 12 tiles of 2 cores; what is not given costs nothing, or is no limit."""
    most = dict.fromkeys(
        (
            "neurons_per_core",
            "synapse_bits_per_core",
            "state_words_per_core",
            "fan_in_axons_per_core",
            "fan_out_axons_per_core",
        ),
        10**9,
    )
    widths = {
        "synapse_index_bits": 0,
        "weight_bits": 8,
        "state_word_bits": 24,
        "spike_payload_bits": 24,
    }
    # A figure for each number of tiles that tests use, so that nothing lies between two.
    barrier: dict[str, object] = {"tiles": [1, 2, 3, 4], "source": "a test"}
    for factor, bound in ((0.5, "low"), (1, "nominal"), (2, "high")):
        barrier[bound] = [n * factor for n in (600.0, 1000.0, 1000.0, 1400.0)]
    energies, times = ({**ZERO, **(given or {})} for given in (energy_pj, time_ns))
    return Chip.model_validate(
        {
            "name": "Small",
            "gated_neurons": gated_neurons,
            "mesh": {"columns": columns, "rows": rows, "cores_per_tile": cores_per_tile},
            "limits": {
                **most,
                **widths,
                **limits,
                "cores": columns * rows * cores_per_tile,
                "source": "a test",
            },
            "energy_pj": {name: constant(value) for name, value in energies.items()},
            "time_ns": {
                **{name: constant(value) for name, value in times.items()},
                "barrier": barrier,
            },
            "static_mw_per_core": constant(1.0),
            "host": {
                "power_mw": constant(20.0),
                "time_us_per_step": constant(10.0),
                "operation_pj": constant(50.0),
            },
        }
    )
