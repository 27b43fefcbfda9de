from __future__ import annotations

import warnings

import pytest

from hardware.errors import KernelCacheWarning
from spiking_gru.cli import console


def test_a_warning_of_ours_is_one_line_and_that_of_a_library_names_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setattr(console.signal, "signal", lambda number, handler: None)
    console.behave_in_a_shell()
    own, foreign = (
        warnings.formatwarning(category("two\nwords"), category, "place.py", 7)
        for category in (KernelCacheWarning, DeprecationWarning)
    )
    assert own == "spiking-gru: two words\n"
    assert foreign.startswith("place.py:7: DeprecationWarning")
