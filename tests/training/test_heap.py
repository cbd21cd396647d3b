"""Memory that is kept: pages the system need not hand out again, and not more with each step."""

import random
import resource
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from elman.training.heap import kept_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="about glibc, which is on Linux")
MB = 2**20


@contextmanager
def counted() -> Generator[list[int]]:
    """Appends the pages that the system handed out within the block."""
    pages: list[int] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    yield pages
    pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)


def step() -> None:
    """Tensors of 112 MB together, which are there at the same time."""
    held = [torch.empty(size * MB // 4).zero_() for size in (16, 28, 8, 28, 20, 12)]
    del held


def resident() -> int:
    """Memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_what_is_freed_is_kept_for_the_next_step():
    with counted() as outside:
        for _ in range(6):
            step()
    with kept_memory():
        step()  # what is below it settles
        step()
        with counted() as inside:
            for _ in range(6):
                step()
    assert inside[0] * 4 < outside[0]


def test_afterwards_it_goes_back_to_the_system():
    with kept_memory():
        step()
    with counted() as pages:
        step()
    assert pages[0] * resource.getpagesize() > 50 * MB


def test_memory_does_not_grow_with_the_steps():
    """A large tensor is freed, a small one that stays takes a part of its place, and so on."""
    draw = random.Random(1)
    small = [torch.empty(draw.randrange(100, 30_000)) for _ in range(400)]
    with kept_memory():
        before = resident()
        for _ in range(30):
            torch.empty(64 * MB // 4).zero_()
            small[draw.randrange(400)] = torch.empty(draw.randrange(100, 30_000))
        assert resident() - before < 200 * MB
