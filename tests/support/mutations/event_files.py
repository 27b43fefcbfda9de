"""Files of events that are damaged, or whose packet headers lie."""

from __future__ import annotations

import struct

import numpy as np

from mutations.damage import DAMAGE
from mutations.registry import Mutation, one_of

BIN_MUTATIONS: dict[str, Mutation] = {change.__name__: change for change in DAMAGE}

AEDAT_MUTATIONS: dict[str, Mutation] = dict(BIN_MUTATIONS)

END = b"#!END-HEADER\r\n"
NUMBERS = (0, 1, 2, 7, 8, 9, 2**16, 2**31 - 1, 2**31, 2**32 - 1)


def a_packet_that_lies(rng: np.random.Generator, content: bytes) -> bytes:
    place = content.index(END) + len(END) + 4 * int(rng.integers(1, 7))
    return content[:place] + struct.pack("<I", one_of(rng, NUMBERS)) + content[place + 4 :]


def a_header_without_an_end(rng: np.random.Generator, content: bytes) -> bytes:
    return content.replace(END, b"#\r\n" * int(rng.integers(1, 2000)))


for change in (a_packet_that_lies, a_header_without_an_end):
    AEDAT_MUTATIONS[change.__name__] = change
