"""The processor: vector width, registers and features, and machine code for it.

`Machine.host()` describes this processor; `narrowed` gives the same processor without its wider
vectors, which is how code for other machines is tested on this one.
"""

from __future__ import annotations

import ctypes
import functools
from dataclasses import dataclass

import llvmlite.binding as llvm

from elman.errors import KernelError
from elman.kernels.llvm import objects

EFFORT = 1  # of LLVM where it makes code of a module, from 0 to 3
WIDTHS = {"avx512": 512, "avx2": 256, "sse": 128, "neon": 128}
_WIDER = {
    "avx2": ("avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd", "evex512", "avx10.1-512"),
    "sse": ("avx512f", "avx2", "avx", "fma"),
}


@dataclass(frozen=True)
class Machine:
    """An instruction set as the code generator sees it."""

    name: str
    triple: str
    cpu: str
    features: str

    @property
    def bits(self) -> int:
        """The width of a vector register in bits."""
        return WIDTHS[self.name]

    @property
    def registers(self) -> int:
        """How many vector registers there are."""
        return 32 if self.name in ("avx512", "neon") else 16

    def lanes(self, dtype: str) -> int:
        """Numbers of a type (`f32` or `f64`) in one vector."""
        return self.bits // (32 if dtype == "f32" else 64)

    @property
    def multiplies_bf16(self) -> bool:
        """Whether it multiplies pairs of bf16, with sums in fp32, in one instruction."""
        return self.name == "avx512" and "+avx512bf16" in self.features.split(",")

    @property
    def is_x86(self) -> bool:
        """Whether the floating-point mode is in MXCSR."""
        return self.triple.startswith("x86_64")

    @staticmethod
    @functools.cache
    def host() -> Machine:
        """This processor, with its widest vectors."""
        _start()
        triple = llvm.get_process_triple()
        features = llvm.get_host_cpu_features()
        if triple.startswith("x86_64"):
            name = "avx512" if features.get("avx512vl") and features.get("avx512dq") else "sse"
            name = (
                "avx2" if name == "sse" and features.get("avx2") and features.get("fma") else name
            )
        elif triple.startswith(("aarch64", "arm64")):
            name = "neon"
        else:
            raise KernelError(
                f"the llvm target does not know the processor {triple!r}: use target='eager'"
            )
        return Machine(name, triple, llvm.get_host_cpu_name(), features.flatten())

    def narrowed(self, name: str) -> Machine:
        """The same processor without the vectors that are wider than those of `name`."""
        if name == self.name:
            return self
        if not self.is_x86 or name not in _WIDER or WIDTHS[name] > self.bits:
            raise KernelError(f"{self.name} code cannot be narrowed to {name!r}")
        without = {feature for feature in self.features.split(",") if feature[1:] not in _off(name)}
        off = ",".join(sorted(f"-{feature}" for feature in _off(name)))
        return Machine(name, self.triple, self.cpu, ",".join(sorted(without)) + "," + off)


def _off(name: str) -> set[str]:
    """The features that a narrower machine lacks."""
    host = {feature[1:] for feature in Machine.host().features.split(",")}
    wide = {feature for feature in host if feature.startswith(("avx512", "avx10"))}
    wide |= set(_WIDER["avx2"])
    return wide if name == "avx2" else wide | {f for f in host if f.startswith(("avx", "fma"))}


class Code:
    """Machine code in memory; it lives as long as this object."""

    def __init__(self, engine: llvm.ExecutionEngine) -> None:
        self._engine = engine

    def address(self, function: str) -> int:
        """Where a function starts."""
        return self._engine.get_function_address(function)

    def function(self, name: str) -> ctypes._FuncPointer:  # pyright: ignore[reportPrivateUsage]
        """A function of one pointer, callable from Python without the interpreter lock."""
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.address(name))


def compile_text(text: str, machine: Machine, symbols: dict[str, int]) -> Code:
    """Machine code of a module of LLVM IR; `symbols` are the functions it calls by address.

    What an earlier process compiled of the same text for the same machine is taken as it is.
    """
    _start()
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.verify()
    target = llvm.Target.from_triple(machine.triple).create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=EFFORT, jit=True
    )
    engine = llvm.create_mcjit_compiler(module, target)
    key = objects.key(text, machine.triple, machine.cpu, machine.features, str(EFFORT))
    engine.set_object_cache(
        lambda _, content: objects.keep(key, content), lambda _: objects.kept(key)
    )
    for name, address in symbols.items():
        engine.add_global_mapping(module.get_function(name), address)
    engine.finalize_object()
    return Code(engine)


def assembly(text: str, machine: Machine) -> str:
    """The processor's own instructions for a module, to read."""
    _start()
    module = llvm.parse_assembly(text)
    target = llvm.Target.from_triple(machine.triple).create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=2
    )
    return target.emit_assembly(module)


@functools.cache
def _start() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
