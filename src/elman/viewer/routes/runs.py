"""The runs and searches of the folder, in short, and all that is known of one run."""

from __future__ import annotations

from typing import Any

from elman.errors import RunError
from elman.runs import Run
from elman.search.read import is_search
from elman.viewer.answer import Asked, Route
from elman.viewer.routes import searches

MOST = 500  # runs in a listing


def listed(asked: Asked) -> dict[str, Any]:
    """Every run and every search, newest first, with what a table shows."""
    every = asked.home.runs()
    searching = {name: run for name, run in every.items() if is_search(run.folder)}
    runs = [(name, run) for name, run in every.items() if name not in searching]
    rows = [in_short(name, run) for name, run in runs[:MOST]]
    found = [searches.in_short(asked, name, run) for name, run in list(searching.items())[:MOST]]
    return {
        "folder": str(asked.home.folder),
        "count": len(runs),
        "runs": rows,
        "searches": found,
        "searches_count": len(searching),
    }


def one(asked: Asked) -> dict[str, Any]:
    """One run: status, figures, settings, checkpoints, and why it failed if it did."""
    name = asked.path["run"]
    run = asked.home.run(name)
    facts = run.facts()
    return {
        **in_short(name, run),
        "error": run.error(),
        "command": facts.get("command", []),
        "versions": facts.get("versions", {}),
        "resumed": len(facts.get("resumed", [])),
        "config": _config(run),
        "equations": run.equations(),
        "checkpoints": [{"step": c.step, "score": c.score} for c in run.checkpoints().all()],
    }


def in_short(name: str, run: Run) -> dict[str, Any]:
    """What a table shows of a run; null where the folder does not say."""
    facts, config = run.facts(), _config(run)
    model, training = _table(config, "model"), _table(config, "training")
    progress: dict[str, Any] = facts.get("progress", {})
    return {
        "name": name,
        "status": run.status(),
        "task": facts.get("task"),
        "cell": facts.get("cell") or model.get("cell"),
        "created": facts.get("created"),
        "updated": facts.get("updated"),
        "finished": facts.get("finished"),
        "steps": progress.get("steps"),
        "seconds": progress.get("seconds"),
        "val_loss": progress.get("val_loss"),
        "data": _table(config, "data").get("data"),
        "hidden": model.get("hidden"),
        "layers": model.get("layers"),
        "minutes": training.get("minutes") or None,
        "steps_wanted": training.get("steps") or None,
        "clip": training.get("clip"),
    }


def _config(run: Run) -> dict[str, Any]:
    """The settings; none if the file is being written or damaged."""
    try:
        return run.config()
    except RunError:
        return {}


def _table(config: dict[str, Any], name: str) -> dict[str, Any]:
    found = config.get(name)
    return found if isinstance(found, dict) else {}


ROUTES = (Route("GET", "/runs.json", listed), Route("GET", "/runs/{run}.json", one))
