"""`spiking-gru doctor`."""

from __future__ import annotations

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Json


def doctor(as_json: Json = False, debug: Debug = False) -> None:
    """Show what is installed, what is missing, and how to fix it."""
    from dataclasses import asdict

    from hardware.doctor import examine

    voice, findings = Voice(as_json), examine()
    if not as_json:
        voice.show_findings(findings)
    voice.result({"findings": [asdict(finding) for finding in findings]})
