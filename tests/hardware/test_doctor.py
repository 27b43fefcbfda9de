from __future__ import annotations

import pytest

from hardware import doctor


def test_what_is_installed_needs_no_remedy() -> None:
    findings = {finding.name: finding for finding in doctor.examine()}
    assert findings["python"].well
    assert findings["numpy"].well
    assert findings["lava-nc"].well
    assert findings["lava-nc"].needed_for == "the lava engine"


def test_what_is_missing_comes_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(name: str) -> str:
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", nothing)
    monkeypatch.setattr(doctor, "problem", lambda: "lava-nc is not installed: do this")
    findings = {finding.name: finding for finding in doctor.examine()}
    assert findings["torch"].remedy == 'pip install "spiking-gru[train]"'
    assert "lava-nc==0.10.0" in findings["lava-nc"].remedy
    assert findings["lava-nc"].found == "lava-nc is not installed"
