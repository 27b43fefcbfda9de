"""The instructions that send what a gated neuron sends, and reset its membrane.

They are parts of the lists of `hardware.cost.microcode`, whose words these are.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.definition.arithmetic import WORD_BITS
from hardware.definition.cell import Cell

Instruction = tuple[str, ...]
Instructions = list[Instruction]

SIGN = str(1 - WORD_BITS)
"""A shift that leaves -1 of a negative word, and 0 of any other."""


def keeps_emission(cell: Cell) -> bool:
    """Whether the next step reads the emission: for r ⊙ e, or for its change."""
    return cell.row.resets_before or cell.sends_changes


def reset_message(cell: Cell) -> Instructions:
    """Send r ⊙ e."""
    message: Instructions = [("MUL_SHR", "y", "r", "e", str(-cell.event_fraction))]
    if cell.sends_changes:
        return [*_change("e_r", message), *_send("y")]
    return [*message, *_send("y", signed=cell.emission.signed)]


def would_emit(cell: Cell) -> Instructions:
    """Send the emission that h would have before its output gate."""
    if cell.sends_changes:
        would = _sign(cell) if cell.spiking else [*_moved(cell), ("ADD", "y", "e", "y")]
        return [*_change("e_o", would), *_send("y")]
    if cell.spiking:
        return _compare(cell, lambda spike: [("SPIKE", spike)])
    return [_state(cell, "y"), *_send("y")]


def _change(word: str, value: Instructions) -> Instructions:
    """Keep in a word what the last of these instructions gives; y is its change."""
    *before, (name, _, *read) = value
    return [*before, ("NEG", "w", word), (name, word, *read), ("ADD", "y", word, "w")]


def _send(payload: str, signed: bool = True) -> Instructions:
    """Send a nonzero payload, which may be negative if `signed`."""
    spike = [("SKP_C", "1"), ("SPIKE", payload)]
    if not signed:
        return [("GE", "0", payload), *spike]
    return [("NEG", "x", payload), ("MIN", "x", "x", payload), ("GE", "x", "0"), *spike]


def _state(cell: Cell, to: str) -> Instruction:
    """⌊h⌋ on the gate grid."""
    return ("SHL", to, "h", str(cell.gate_fraction - cell.state_fraction))


def _moved(cell: Cell) -> Instructions:
    """y = ⌊h⌋ − e where |h − e| > θ, else 0, without a branch."""
    return [
        ("SHL", "x", "e", str(cell.state_fraction - cell.gate_fraction)),
        ("NEG", "x", "x"),
        ("ADD", "x", "x", "h"),
        ("NEG", "y", "x"),
        ("MIN", "x", "x", "y"),
        ("ADD", "x", "x", "θ"),
        ("SHL", "x", "x", SIGN),
        _state(cell, "y"),
        ("NEG", "y", "y"),
        ("ADD", "y", "y", "e"),
        ("MUL_SHR", "y", "x", "y", "0"),
    ]


def _sign(cell: Cell) -> Instructions:
    """y = 1 where h > θ, −1 where h < −θ if signed, else 0, without a branch."""
    above: Instructions = [
        ("NEG", "y", "h"),
        ("ADD", "y", "θ", "y"),
        ("SHL", "y", "y", SIGN),
        ("NEG", "y", "y"),
    ]
    if not cell.emission.signed:
        return above
    below = [("ADD", "x", "θ", "h"), ("SHL", "x", "x", SIGN), ("ADD", "y", "y", "x")]
    return [*above, *below]


def _compare(cell: Cell, on: Callable[[str], Instructions]) -> Instructions:
    """Do what a spike of this sign asks for, where h > θ or, if signed, h < −θ; x = −θ there."""
    above = on("1")
    found: Instructions = [("GE", "θ", "h"), ("SKP_C", str(len(above))), *above]
    if not cell.emission.signed:
        return found
    below = on("-1")
    return [("NEG", "x", "θ"), *found, ("GE", "h", "x"), ("SKP_C", str(len(below))), *below]


def emission(cell: Cell) -> Instructions:
    """Send what h emits, and reset it."""
    if cell.spiking:
        return _spikes(cell)
    if cell.emission.by_delta:
        return [*_moved(cell), ("ADD", "e", "e", "y"), *_send("y")]
    word = "e" if keeps_emission(cell) else "y"
    return [_state(cell, word), *_send(word)]


def _spikes(cell: Cell) -> Instructions:
    """Spikes, or their changes, and the reset."""
    keeps = keeps_emission(cell)

    def on(spike: str) -> Instructions:
        kept: Instructions = [("ADD", "e", spike, "0")] if keeps else []
        sent: Instructions = [] if cell.sends_changes else [("SPIKE", spike)]
        return [*_reset(cell, spike), *kept, *sent]

    found = _compare(cell, on)
    if keeps:
        found = [("ADD", "e", "0", "0"), *found]
    if not cell.sends_changes:
        return found
    change = [("NEG", "y", "y"), ("ADD", "y", "e", "y")]
    return [("ADD", "y", "e", "0"), *found, *change, *_send("y")]


def _reset(cell: Cell, spike: str) -> Instructions:
    """h − θ s, or 0, or h."""
    if cell.clears:
        return [("ADD", "h", "0", "0")]
    if not cell.subtracts:
        return []
    if not cell.emission.signed:
        return [("NEG", "x", "θ"), ("ADD", "h", "h", "x")]
    return [("ADD", "h", "h", "x" if spike == "1" else "θ")]
