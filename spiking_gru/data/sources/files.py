"""Files of published data sets that the user puts in place: nothing is downloaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hardware.errors import InputError

VARIABLE = "SPIKING_GRU_DATA"
"""Environment variable that names the folder of all published data sets."""

USUAL = Path("~/.local/share/spiking-gru")
"""That folder unless the variable names another."""


def data_folder() -> Path:
    """Return the folder of published data sets."""
    return Path(os.environ.get(VARIABLE) or USUAL).expanduser()


@dataclass(frozen=True)
class Files:
    """The files of one data set, in a folder of its own."""

    folder: str
    names: tuple[str, ...]
    """Files and folders that must be there, by their paths in the folder."""

    published: str
    """Where the files are published."""

    @property
    def place(self) -> Path:
        return data_folder() / self.folder

    @property
    def installed(self) -> bool:
        return self.are_in(self.place)

    @property
    def install(self) -> str:
        """The remedy where files are missing."""
        root = f"${VARIABLE}" if os.environ.get(VARIABLE) else str(USUAL)
        return f"put its files into {root}/{self.folder}"

    def are_in(self, folder: Path) -> bool:
        """Return whether all files are in a folder."""
        return all(os.path.exists(folder / name) for name in self.names)  # noqa: PTH110 - no raise

    def require(self) -> Path:
        """Return the folder; an InputError that says which file is missing, and where it goes."""
        for name in self.names:
            if not os.path.exists(self.place / name):  # noqa: PTH110 - Path.exists may raise
                raise InputError(
                    f"{self.place / name} is missing: put it there: the data set is published at "
                    f"{self.published}; {VARIABLE} may name another folder than {data_folder()}"
                )
        return self.place
