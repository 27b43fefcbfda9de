"""Operations of the host before the chip sees a frame, by the program's preprocessing."""

from __future__ import annotations

from hardware.reporting.schema import FrontEndFigures
from hardware.reporting.study import Study
from hardware.sequences.log_mel import NAME, front_end


def front_end_of(run: Study) -> FrontEndFigures | None:
    """Return the operations of the features that the program states; None where it states none.

    `hardware.cost.host_work` charges them to the host.
    """
    features = front_end(run.program.preprocessing)
    if features is None:
        return None
    frames = float(run.counts.steps.mean()) / run.program.encoder.steps
    return FrontEndFigures(
        name=NAME,
        settings=features.settings,
        arithmetic_per_frame=features.operations.arithmetic,
        logarithms_per_frame=features.operations.logarithms,
        arithmetic=features.operations.arithmetic * frames,
    )


def front_end_text(found: FrontEndFigures) -> str:
    """Return one sentence on the operations."""
    return (
        f"Before the chip, the host computes {found.name} features: "
        f"{found.arithmetic_per_frame:,} multiplications and additions and "
        f"{found.logarithms_per_frame} logarithms a frame, {round(found.arithmetic):,} of the "
        f"former per inference, charged to the host"
    )
