"""Games, played now by ale-py: scenes in which only the order of frames tells which way it goes.

Freeway's cars drive to the left in one half of the picture and to the right in the other, and a
scene shows one half; in Pong the ball flies one way. Shown backwards, each goes the other way: so a
label and its opposite have the same frames. Some seeds, policies and kinds of traffic are held out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.cache import cache_folder, keep
from elman.errors import ConfigError

ROWS = {"freeway": ((24, 104), (104, 184)), "pong": ((34, 194),)}  # of the screen, 160 wide
NAMES = ("games", *ROWS)
OTHER = {"left": "right", "right": "left"}
TRAINING, HELD_OUT = range(18), range(1000, 1006)  # seeds
SCENES, EPISODE = 12, 1500  # scenes of an episode, frames of the game that it lasts at most
LENGTHS, APART = (8, 16), (2, 4)  # frames of a scene; frames of the game from one to the next
_BALL, _OUT = 49, 205  # where in Pong's memory its ball's column stands; what is there without one
_REVISION = 1


@dataclass(frozen=True)
class Scene:
    """Some frames of an episode, and which way things go in them."""

    game: str
    seed: int
    policy: str
    start: int
    apart: int
    length: int
    rows: tuple[int, int]
    way: str

    def __str__(self) -> str:
        half = "" if self.game == "pong" else ", upper" if self.rows[0] < 100 else ", lower"
        return f"{self.game}{half}, seed {self.seed}, {self.policy}, frame {self.start}"

    @property
    def held_out(self) -> bool:
        """Whether it is of an episode that nothing is learned from."""
        return self.seed in HELD_OUT

    @property
    def times(self) -> range:
        """The frames of the game that it shows."""
        return range(self.start, self.start + self.length * self.apart, self.apart)

    def frames(self) -> NDArray[np.uint8]:
        """Its frames (T, height, 160, 3), played again."""
        screens = _screens(self.game, self.seed)
        first, last = self.rows
        return np.stack([screens[time][first:last] for time in self.times])


def recipe(name: str) -> bytes:
    """What the scenes follow from: another recipe makes other scenes."""
    version = getattr(_library()[0], "__version__", "")
    return repr(
        (name, _REVISION, version, ROWS, TRAINING, HELD_OUT, SCENES, EPISODE, LENGTHS, APART)
    ).encode()


def scenes(name: str) -> Iterator[Scene]:
    """The scenes of a game, or of all."""
    for game in ROWS if name == "games" else (name,):
        for seed in (*TRAINING, *HELD_OUT):
            yield from _scenes(game, seed)


def policy(seed: int) -> str:
    """How the player of a seed plays; `sweep` only in what is held out."""
    return "sweep" if seed in HELD_OUT else ("still", "hold", "jitter")[seed % 3]


_POLICIES: dict[str, Callable[[np.random.Generator, int, int], int]] = {
    "still": lambda rng, time, last: 0,
    "hold": lambda rng, time, last: int(rng.integers(8)) if time % 16 == 0 else last,
    "jitter": lambda rng, time, last: int(rng.integers(8)),
    "sweep": lambda rng, time, last: time // 24,
}


@lru_cache(maxsize=128)
def _scenes(game: str, seed: int) -> tuple[Scene, ...]:
    """The scenes of an episode; where they lie follows from its seed and from the ball."""
    rng = np.random.default_rng((1, seed))
    found, start = list[Scene](), int(rng.integers(60, 300))
    while len(found) < SCENES:
        apart, length = (int(rng.integers(low, high + 1)) for low, high in (APART, LENGTHS))
        half = int(rng.integers(2)) % len(ROWS[game])
        end = start + apart * length
        if end > EPISODE:
            break
        way = ("left", "right")[half] if game == "freeway" else _flight(_balls()[seed][start:end])
        if way:
            rows = ROWS[game][half]
            found.append(Scene(game, seed, policy(seed), start, apart, length, rows, way))
        start = end + int(rng.integers(10, 60)) if way else start + 5
    return tuple(found)


@lru_cache(maxsize=1)
def _balls() -> dict[int, list[int]]:
    """The column of Pong's ball at every frame of every episode: played once, kept in the cache."""
    seeds = (*TRAINING, *HELD_OUT)
    name = f"pong-{hashlib.sha256(recipe('pong')).hexdigest()[:16]}.bin"
    try:
        raw = (cache_folder() / name).read_bytes()
    except OSError:
        raw = b""
    if len(raw) != len(seeds) * EPISODE:
        raw = b"".join(
            bytes(_play("pong", seed, EPISODE, lambda _, ale: ale.getRAM()[_BALL]))
            for seed in seeds
        )
        keep(name, raw)
    return {seed: list(raw[k * EPISODE : (k + 1) * EPISODE]) for k, seed in enumerate(seeds)}


def _flight(columns: list[int]) -> str:
    """Which way the ball flies, if it is there and flies one way all the time."""
    steps = np.diff(np.asarray(columns, np.int64))
    if max(columns) >= _OUT or not steps.any():
        return ""
    return "right" if (steps >= 0).all() else "left" if (steps <= 0).all() else ""


@lru_cache(maxsize=2)
def _screens(game: str, seed: int) -> dict[int, NDArray[np.uint8]]:
    wanted = {time for scene in _scenes(game, seed) for time in scene.times}
    shown = _play(
        game, seed, max(wanted) + 1,
        lambda time, ale: ale.getScreenRGB() if time in wanted else None,
    )  # fmt: skip
    return {time: screen for time, screen in enumerate(shown) if screen is not None}


def _play(game: str, seed: int, frames: int, see: Callable[[int, Any], Any]) -> list[Any]:
    """What is seen at each frame of an episode; the same seed plays the same."""
    library, roms = _library()
    library.ALEInterface.setLoggerMode(library.LoggerMode.Error)
    ale = library.ALEInterface()
    ale.setInt("random_seed", seed + 1)
    ale.setFloat("repeat_action_probability", 0.25)
    ale.loadROM(roms.get_rom_path(game))
    modes = ale.getAvailableModes()
    if game == "freeway":  # every second kind of traffic is held out
        modes = modes[1::2] if seed in HELD_OUT else modes[::2]
    ale.setMode(modes[seed % len(modes)])
    ale.reset_game()
    rng = np.random.default_rng((2, seed))
    actions, act, number = ale.getMinimalActionSet(), _POLICIES[policy(seed)], 0
    seen = list[Any]()
    for time in range(frames):
        number = act(rng, time, number)
        ale.act(actions[number % len(actions)])
        if ale.game_over():
            ale.reset_game()
        seen.append(see(time, ale))
    return seen


def _library() -> tuple[Any, Any]:
    try:
        import ale_py
        from ale_py import roms
    except ImportError as error:
        raise ConfigError("games need the package ale-py: pip install 'elman[video]'") from error
    return ale_py, roms
