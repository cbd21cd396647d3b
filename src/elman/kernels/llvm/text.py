"""Writing LLVM IR as a document: functions with readable names, indentation, and comments.

`Function` gives fresh names, keeps the current block (which loops need for their counters), and
writes loops and branches as Python `with` blocks. Nothing here knows about networks.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

# Functions that only call others are compiled without optimization: it took two thirds of the
# compile time and gained nothing.
GLUE = "noinline optnone nounwind"


class Function:
    """One function being written. Values are strings such as `%row.3` or `7`."""

    def __init__(self, name: str, arguments: str, *, attributes: str, private: bool = True) -> None:
        linkage = "internal " if private else ""
        self._lines = [f"define {linkage}void @{name}({arguments}) {attributes} {{", "entry:"]
        self._names = 0
        self._depth = 1
        self.here = "entry"

    def fresh(self, hint: str) -> str:
        """A new name for a value."""
        self._names += 1
        return f"%{hint}.{self._names}"

    def line(self, text: str) -> None:
        """One instruction."""
        self._lines.append("  " * self._depth + text)

    def comment(self, text: str) -> None:
        """One line for the reader."""
        self.line(f"; {text}")

    def let(self, hint: str, value: str) -> str:
        """Name the result of an instruction."""
        name = self.fresh(hint)
        self.line(f"{name} = {value}")
        return name

    def block(self, hint: str) -> str:
        """A new label, not placed yet."""
        return self.fresh(hint)[1:]

    def place(self, label: str) -> None:
        """Start a block."""
        self._lines.append("  " * (self._depth - 1) + f"{label}:")
        self.here = label

    def go(self, label: str) -> None:
        """Jump."""
        self.line(f"br label %{label}")

    def load(self, kind: str, pointer: str, hint: str = "v") -> str:
        """Read one value."""
        return self.let(hint, f"load {kind}, ptr {pointer}")

    def fetch(self, pointer: str, *, write: bool = False) -> None:
        """Have the line of memory at a pointer, any pointer, brought near before it is used."""
        self.line(f"call void @llvm.prefetch.p0(ptr {pointer}, i32 {int(write)}, i32 3, i32 1)")

    def at(self, pointer: str, index: str, kind: str = "i8", hint: str = "p") -> str:
        """The address of element `index`."""
        if index == "0":
            return pointer
        return self.let(hint, f"getelementptr {kind}, ptr {pointer}, i64 {index}")

    def op(self, name: str, a: str, b: str, hint: str = "n", kind: str = "i64") -> str:
        """Integer arithmetic, with what is known at once already worked out."""
        if name == "mul" and "0" in (a, b):
            return "0"
        if name == "mul" and "1" in (a, b):
            return b if a == "1" else a
        if name in ("mul", "add") and a.lstrip("-").isdigit() and b.lstrip("-").isdigit():
            return str(int(a) * int(b) if name == "mul" else int(a) + int(b))
        if name == "add" and "0" in (a, b):
            return b if a == "0" else a
        return self.let(hint, f"{name} {kind} {a}, {b}")

    def smaller(self, a: str, b: str) -> str:
        """The smaller of two signed integers."""
        less = self.let("less", f"icmp slt i64 {a}, {b}")
        return self.let("min", f"select i1 {less}, i64 {a}, i64 {b}")

    def share(self, total: str, part: str = "%part", parts: str = "%parts") -> tuple[str, str]:
        """Where part `part` of `parts` of a number begins and ends: the next begins there."""
        following = self.op("mul", total, self.op("add", part, "1"))
        first = self.op("sdiv", self.op("mul", total, part), parts, "first")
        return first, self.op("sdiv", following, parts, "end")

    @contextmanager
    def loop(self, hint: str, start: str, stop: str, step: str = "1") -> Generator[str]:
        """Count up from `start` while below `stop`; the body may be empty of iterations."""
        head, body, latch, done = (
            self.block(f"{hint}_{part}") for part in ("head", "body", "next", "done")
        )
        counter, following = self.fresh(hint), self.fresh(f"{hint}.next")
        came_from = self.here
        self.go(head)
        self.place(head)
        self.line(f"{counter} = phi i64 [{start}, %{came_from}], [{following}, %{latch}]")
        more = self.let("more", f"icmp slt i64 {counter}, {stop}")
        self.line(f"br i1 {more}, label %{body}, label %{done}")
        self._depth += 1
        self.place(body)
        yield counter
        self.go(latch)
        self.place(latch)
        self.line(f"{following} = add nsw i64 {counter}, {step}")
        self.go(head)
        self._depth -= 1
        self.place(done)

    @contextmanager
    def when(self, condition: str, hint: str = "when") -> Generator[None]:
        """Do the body only if an i1 is true."""
        body, done = self.block(hint), self.block(f"{hint}_done")
        self.line(f"br i1 {condition}, label %{body}, label %{done}")
        self._depth += 1
        self.place(body)
        yield
        self.go(done)
        self._depth -= 1
        self.place(done)

    def text(self) -> str:
        """The finished function."""
        return "\n".join([*self._lines, "  ret void", "}"])


def declared(text: str) -> list[str]:
    """A declaration of every function that a text defines for others."""
    return [
        line.replace("define", "declare", 1)[: line.rindex(")") + 2]
        for line in text.splitlines()
        if line.startswith("define void")
    ]
