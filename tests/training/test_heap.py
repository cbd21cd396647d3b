"""Memory that is kept: pages that the system need not hand out again."""

import resource
import sys

import pytest
import torch

from elman.training.heap import kept_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="about glibc, which is on Linux")


def faults(rounds: int) -> int:
    """Pages that the system had to hand out for so many tensors of 64 MB, one after the other."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        torch.empty(16 * 2**20).zero_()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_what_is_freed_is_kept_for_the_next_tensor():
    outside = faults(8)
    with kept_memory():
        faults(1)
        inside = faults(8)
    assert inside * 4 < outside


def test_afterwards_it_goes_back_to_the_system():
    with kept_memory():
        faults(1)
    assert faults(8) > 8
