"""Types of options that may be left out, as the help shows them: without a `None` in sight."""

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

CHOSEN = "(chosen for you)"

Whole = Annotated[int | None, arg(metavar="INT", help_behavior_hint=CHOSEN)]
Number = Annotated[float | None, arg(metavar="FLOAT", help_behavior_hint=CHOSEN)]
CellName = Annotated[str | None, arg(metavar="CELL", help_behavior_hint=CHOSEN)]
Optimizer = Annotated[
    Literal["adam", "muon"] | None, arg(metavar="{adam,muon}", help_behavior_hint=CHOSEN)
]
Precision = Annotated[
    Literal["full", "bf16"] | None, arg(metavar="{full,bf16}", help_behavior_hint="(full)")
]
RunFolder = Annotated[Path | None, arg(name="run", metavar="PATH", help_behavior_hint="")]
