"""Writes the reference page of the command line from the commands themselves.

    python tests/support/command_line_page.py

writes docs/reference/command_line.md again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from spiking_gru.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command_line.md"
HEAD = """# Command line

`spiking-gru COMMAND --help` prints the same text. [The tutorial](../tutorial.md) uses the commands
one after another.
"""
WRITTEN = "<!-- Written by `python tests/support/command_line_page.py`. -->\n"


def page() -> str:
    """Return the page: a section for each command."""
    group = typer.main.get_command(app)
    parts = [HEAD, WRITTEN, f"{table(['command', 'does'], summaries(group, ''))}\n"]
    parts += [section(name, command) for name, command in commands(group, "")]
    return "\n".join(parts)


def commands(group: Any, prefix: str) -> list[tuple[str, Any]]:
    """Return every command and its whole name, those of groups in their place."""
    found: list[tuple[str, Any]] = []
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found += commands(command, f"{prefix}{name} ")
        else:
            found.append((f"{prefix}{name}", command))
    return found


def summaries(group: Any, prefix: str) -> list[list[str]]:
    return [
        [f"[`{name}`](#{anchor(name)})", sentence(command.help)]
        for name, command in commands(group, prefix)
    ]


def section(name: str, command: Any) -> str:
    """Return the usage of a command, its text, and its arguments and options in tables."""
    given = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    arguments = [p for p in given if p.param_type_name == "argument"]
    options = [p for p in given if p.param_type_name == "option"]
    usage = " ".join(["spiking-gru", name, "[OPTIONS]", *map(place_of, arguments)])
    parts = [f"## {name}\n", f"```text\n{usage}\n```\n", f"{paragraphs(command.help)}\n"]
    if arguments:
        rows = [[f"`{metavar_of(p)}`", text_of(p)] for p in arguments]
        parts.append(f"{table(['argument', 'meaning'], rows)}\n")
    if options:
        rows = [[names_of(p), default_of(p), text_of(p)] for p in options]
        parts.append(f"{table(['option', 'default', 'meaning'], rows)}\n")
    return "\n".join(parts)


def metavar_of(argument: Any) -> str:
    return (argument.metavar or argument.name.upper()).strip("[]")


def place_of(argument: Any) -> str:
    """Return an argument as it stands in a usage line."""
    word = metavar_of(argument) + ("..." if argument.nargs != 1 else "")
    return word if argument.required else f"[{word}]"


def names_of(option: Any) -> str:
    names = [*option.opts, *option.secondary_opts]
    return ", ".join(f"`{name}`" for name in names)


def default_of(option: Any) -> str:
    """Return the default as it would be typed; nothing where there is none."""
    if isinstance(option.show_default, str):
        return option.show_default
    default = option.default
    if default is True:
        return "on"
    known = isinstance(default, (str, int, float, Path)) and default is not False
    return f"`{default}`" if known and default != "" else ""


def text_of(parameter: Any) -> str:
    return " ".join((parameter.help or "").split())


def paragraphs(text: str) -> str:
    """Return help text with its paragraphs."""
    whole = "\n".join(line.strip() for line in (text or "").strip().splitlines())
    return re.sub(r"(?<!\n)\n(?!\n)", " ", whole)


def sentence(text: str) -> str:
    return paragraphs(text).split("\n")[0]


def anchor(name: str) -> str:
    return name.replace(" ", "-")


def table(titles: list[str], rows: list[list[str]]) -> str:
    head = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    body = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([*head, *body])


if __name__ == "__main__":
    PAGE.write_text(page())
