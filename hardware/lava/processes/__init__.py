"""Lava processes and their models, each in a folder of its own.

When Lava compiles, it executes every module that lies beside a process, for each process anew, and
looks for models in what comes out. Nothing lies beside these, so nothing is executed.
"""

from hardware.lava.compat import import_lava

import_lava()
