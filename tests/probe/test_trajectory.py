"""Principal components, against numpy's singular values."""

from __future__ import annotations

import numpy as np
import pytest

from elman.errors import ConfigError
from elman.probe.reading import read
from elman.probe.trajectory import trajectory


def test_points_are_the_principal_components(build, vocabulary, text):
    reading = read(build(), vocabulary, text[:200])
    found = trajectory(reading, "c.1", 20, 150, dimensions=3)
    values = reading.tracks["c.1"].values[:, 20:150].astype(float)
    values -= values.mean(1, keepdims=True)
    left, sizes, _ = np.linalg.svd(values.T, full_matrices=False)
    assert found.points.shape == (130, 3)
    assert np.allclose(np.abs(found.points), np.abs(left[:, :3] * sizes[:3]), atol=1e-3)
    assert found.shares == pytest.approx((sizes**2 / (sizes**2).sum())[:3], abs=1e-6)
    far = found.points[np.abs(found.points).argmax(0), range(3)]
    assert (far > 0).all()


def test_one_character_is_no_way(build, vocabulary, text):
    with pytest.raises(ConfigError, match="at least 2 characters"):
        trajectory(read(build(), vocabulary, text[:50]), "h.0", 3, 4)
