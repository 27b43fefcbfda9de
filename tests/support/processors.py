"""Which kinds of processors this machine can stand for."""

from __future__ import annotations

import numba

from hardware.engines.event_driven.processors import PROCESSORS, Processor, processor_of


def runs_here(processor: Processor) -> bool:
    """Whether this machine has a processor's instructions: it has those of all after its own."""
    here = processor_of(numba.core.registry.cpu_target.target_context.codegen())
    return not processor.product or PROCESSORS.index(processor) >= PROCESSORS.index(here)
