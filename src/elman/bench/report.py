"""The figures of a run as tables, and as a file that says on what machine they were taken."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

TITLES = {  # of a column, and what stands in it
    "torch": ("torch", "torch.nn"),
    "torchrecurrent": ("recurrent", "the layer of torchrecurrent"),
    "loop": ("loop", "torch operations as the equations stand"),
    "tuned": ("tuned", "matrices side by side, and at each step only what needs the state"),
    "jax": ("jax", "jax.lax.scan of the latter"),
    "compile": ("compile", "torch.compile of the latter"),
    "full": ("fp32", "Elman's with products in fp32"),
    "autocast": ("autocast", "torch.nn.LSTM under autocast in bfloat16"),
}
_VERSIONS = ("elman", "torch", "llvmlite", "numpy", "jax", "torchrecurrent")


def machine(threads: int) -> dict[str, Any]:
    """Where and with what figures were taken."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": dict(_versions()),
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _versions() -> Iterator[tuple[str, str]]:
    for name in _VERSIONS:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def save(results: Mapping[str, Any], path: Path, kind: str) -> Path:
    """Write results to a file; in a folder, to one named after their kind, the day and the time."""
    if path.is_dir() or not path.suffix:
        path.mkdir(parents=True, exist_ok=True)
        path = path / f"{kind}-{results['machine']['time'][:19].replace(':', '')}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return path


def tables(results: Mapping[str, Any]) -> Iterator[Table | str]:
    """What a person reads: the limit, then a line for each cell and shape, then the means."""
    about = results["machine"]
    yield f"{about['processor']}, {about['cores']} cores; " + ", ".join(
        f"{name} {version}" for name, version in about["versions"].items()
    )
    for threads, figures in results["limit"].items():
        yield (
            f"products in fp32 on {threads} thread{'s' * (threads != '1')}: "
            f"torch.mm {figures['mm']:.0f}, packed {figures['packed']:.0f} GFLOP/s; "
            f"in bf16 torch.mm {figures['bf16']:.0f}; memory {figures['memory']:.1f} GB/s"
        )
    count, half = about["threads"], results.get("products") == "bf16"
    how = " with products in bf16" if half else ""
    yield (
        f"a training step on {count} thread{'s' * (count != 1)}: "
        f"Elman's{how}, and how many times as long the others take"
    )
    for title, what in (TITLES[name] for name in _rivals(results)):
        yield f"  {title}: {what}"
    yield _speeds(results)
    yield _firsts(results)


def grid(*left: str, right: Sequence[str]) -> Table:
    """A table with these columns, words on the left and figures on the right."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for title in left:
        made.add_column(title, no_wrap=True)
    for title in right:
        made.add_column(title, justify="right", no_wrap=True)
    return made


def _speeds(results: Mapping[str, Any]) -> Table:
    """Elman's time and speed, and how many times as long the others take."""
    rivals = _rivals(results)
    threads = results["machine"]["threads"]
    half = results.get("products") == "bf16"
    most = results["limit"][str(threads)]["bf16" if half else "limit"]
    titles = (TITLES[name][0] for name in rivals)
    table = grid("cell", "T,B,H", right=("ms", "GFLOP/s", "limit", *titles))
    for row in results["results"]:
        mine = row["candidates"]["elman"]
        shape = ",".join(str(row[size]) for size in "TBH")
        speed = f"{mine['gflops']:.1f}", f"{mine['gflops'] / most:.0%}"
        others = (_ratio(row["ratios"].get(name)) for name in rivals)
        table.add_row(row["cell"], shape, _ms(mine["median"]), *speed, *others)
    table.add_section()
    for cell, means in results["means"].items():
        others = (_ratio(means.get(name)) for name in rivals)
        table.add_row(cell, "mean", "", "", "", *others)
    return table


def _rivals(results: Mapping[str, Any]) -> list[str]:
    """Who else was measured."""
    return list(dict.fromkeys(name for row in results["results"] for name in row["ratios"]))


def _firsts(results: Mapping[str, Any]) -> str:
    """The first call of each candidate, compilation included, where it took longest."""
    longest: dict[str, float] = {}
    for row in results["results"]:
        for name, figures in row["candidates"].items():
            longest[name] = max(longest.get(name, 0.0), figures["first"])
    titles = {"elman": "elman", **{name: title for name, (title, _) in TITLES.items()}}
    told = ", ".join(f"{titles[name]} {seconds:.2f} s" for name, seconds in longest.items())
    return f"the slowest first call, compilation included: {told}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"
