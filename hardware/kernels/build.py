"""Building a library: what a workload compiles, linked for processors of one kind.

The workload runs in a process of its own, because Numba chooses a processor when it starts.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from llvmlite import binding, ir  # type: ignore[import-untyped]

from hardware.errors import EngineError
from hardware.files.disk import write_bytes
from hardware.kernels import library
from hardware.kernels.cache import short_hash
from hardware.kernels.calls import KERNELS
from hardware.kernels.library import COMPILE, Facts, Target

NUMBER = ir.IntType(64)
POINTER = ir.IntType(8).as_pointer()


def environment(target: Target, folder: Path) -> dict[str, str]:
    """Return the environment of a process that compiles for a target."""
    return {
        **os.environ,
        library.CHOSEN_BY: COMPILE,
        "NUMBA_CPU_NAME": target.cpu,
        "NUMBA_CPU_FEATURES": target.words,
        "NUMBA_CACHE_DIR": str(folder),
    }


def linker() -> list[str] | None:
    """Return the command that links a library; None where this machine has no C compiler."""
    if chosen := os.environ.get("CC"):
        return shlex.split(chosen)
    found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    return None if found is None else [found]


def build(target: Target, workload: Callable[[], None], folder: Path) -> int:
    """Write the library of the kernels that a workload calls; return how many they are.

    This process has the environment of the target.
    """
    workload()
    results = {name: result for kernel in KERNELS for name, result in kernel.results.items()}
    command = linker()
    if command is None:
        raise EngineError("no C compiler was found: install one, or name it in CC")
    with tempfile.TemporaryDirectory() as work:
        objects = []
        for name, result in sorted(results.items()):
            objects.append(Path(work, f"{name}.o"))
            objects[-1].write_bytes(machine_code(name, result, target))
        file = Path(work, target.file)
        # Every symbol must be there: a missing one would end a process that uses it.
        command = [*command, "-shared", "-s", "-o", str(file), *map(str, objects)]
        done = subprocess.run([*command, "-Wl,--no-undefined", "-lm"], capture_output=True)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-1000:]
            raise EngineError(f"{command[0]} could not link the kernels: {said}")
        code = file.read_bytes()
    folder.mkdir(exist_ok=True)
    facts = Facts(sha256(code).hexdigest(), sources())
    write_bytes(folder / target.facts, json.dumps(facts._asdict()).encode())
    write_bytes(folder / target.file, code)
    return len(results)


def sources() -> str:
    """Return a hash of the sources of all kernels of this process."""
    return short_hash(*sorted(f"{kernel.name} {kernel.version}" for kernel in KERNELS))


def machine_code(name: str, result: Any, target: Target) -> bytes:
    """Return an object file with one function of this name: a compiled kernel."""
    module = binding.parse_bitcode(result.library._final_module.as_bitcode())
    for each in (*module.functions, *module.global_variables):
        if not each.is_declaration:
            each.linkage = "internal"
    native = module.get_function(result.fndesc.llvm_func_name)
    native.linkage = "external"
    module.link_in(binding.parse_assembly(str(entry(name, native.name, module.triple))))
    module.get_function(native.name).linkage = "internal"
    machine = binding.Target.from_triple(module.triple).create_target_machine(
        cpu=target.cpu, features=target.words, opt=3, reloc="pic", codemodel="default"
    )
    # Numba's wrappers, which nothing calls, would need symbols of Python.
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    options = binding.create_pipeline_tuning_options(speed_level=3)
    passes.run(module, binding.create_pass_builder(machine, options))
    return machine.emit_object(module)


def entry(name: str, native: str, triple: str) -> Any:
    """Return a module whose function takes what a kernel takes, and calls Numba's native one.

    That one writes its result to memory, and its own status says whether it raised an error: no
    kernel does.
    """
    module = ir.Module()
    module.triple = triple
    called = ir.Function(
        module,
        ir.FunctionType(
            ir.IntType(32), [NUMBER.as_pointer(), POINTER.as_pointer(), POINTER, NUMBER]
        ),
        native,
    )
    function = ir.Function(module, ir.FunctionType(NUMBER, [POINTER, NUMBER]), name)
    builder = ir.IRBuilder(function.append_basic_block())
    status, error = builder.alloca(NUMBER), builder.alloca(POINTER)
    builder.call(called, [status, error, *function.args])
    builder.ret(builder.load(status))
    return module
