"""Answers of a model as a file: a table, JSON lines, or one answer a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elman.runs import disk


def write_answers(path: Path, answers: Sequence[Mapping[str, Any]]) -> None:
    """Write `answers` (each has `input` and `text`) as `path` ends, whole or not at all."""
    disk.replace(path, _as(path.suffix.lower(), answers).encode("utf-8", "replace"))


def _as(kind: str, answers: Sequence[Mapping[str, Any]]) -> str:
    if kind == ".jsonl":
        return "".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)
    if kind != ".csv":
        return "".join(" ".join(str(answer["text"]).split("\n")) + "\n" for answer in answers)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    labeled = bool(answers) and "labels" in answers[0]
    writer.writerow(["input", "step", "label", "probability"] if labeled else ["input", "text"])
    for answer in answers:
        if not labeled:
            writer.writerow([answer["input"], answer["text"]])
            continue
        rows = zip(answer["labels"], answer["probabilities"], strict=True)
        writer.writerows([answer["input"], k, *row] for k, row in enumerate(rows, 1))
    return out.getvalue()
