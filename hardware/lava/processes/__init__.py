"""Lava processes and their models, each in a folder of its own.

When Lava compiles, it executes every module in the folder of a process, again for each process, and
looks for models there. Each of these folders has one module, so Lava executes no other.
"""

from hardware.lava.compat import import_lava

import_lava()
