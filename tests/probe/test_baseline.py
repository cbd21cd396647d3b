"""The last ten characters, against the same regression on a matrix that is laid out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.probe.baseline import LAST, RIDGE, LastCharacters, foretold, linear, logistic


@pytest.fixture
def tokens(rng):
    return rng.integers(0, 7, 900)


def laid_out(seen: LastCharacters) -> torch.Tensor:
    x = torch.zeros(len(seen.places), seen.size, dtype=torch.float64)
    return x.scatter_(1, seen.places, 1.0)


def test_products_and_counts_are_those_of_the_matrix(tokens, rng):
    seen = LastCharacters(tokens)
    x, some = laid_out(seen), torch.from_numpy(rng.normal(size=(seen.size, 3)))
    assert (x.sum(1) == LAST).all()
    assert torch.allclose(seen.times(some, 5, 400), x[5:400] @ some)
    assert torch.allclose(seen.against(x[5:400] @ some, 5, 400), x[5:400].T @ (x[5:400] @ some))
    assert torch.equal(seen.gram(5, 400), x[5:400].T @ x[5:400])


def test_the_last_letters_stand_where_they_should(tokens):
    seen = LastCharacters(tokens)
    now = seen.places[:, 0].numpy()
    for k in range(1, LAST):
        assert np.array_equal(seen.places[k:, k].numpy() - k * seen.width, now[:-k])


def test_the_logistic_loss_is_at_its_lowest(tokens, rng):
    seen = LastCharacters(tokens)
    labels = np.stack([tokens == np.roll(tokens, 3), rng.random(900) < 0.1], 1)
    x, wanted = laid_out(seen)[:600], torch.from_numpy(labels[:600]).double()

    def loss(weights):
        fit = torch.nn.functional.binary_cross_entropy_with_logits(x @ weights, wanted,
                                                                   reduction="sum")  # fmt: skip
        return fit + RIDGE / 2 * weights.square().sum()

    best = torch.zeros(seen.size, 2, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([best], max_iter=500, line_search_fn="strong_wolfe")

    def closure():
        search.zero_grad()
        value = loss(best)
        value.backward()
        return value

    search.step(closure)
    found = float(loss(logistic(seen, labels, 600)))
    assert found == pytest.approx(float(loss(best.detach())), rel=1e-3)


def test_the_linear_fit_is_numpys(tokens, rng):
    seen = LastCharacters(tokens)
    amounts = rng.normal(size=(900, 1))
    x = laid_out(seen)[:600].numpy()
    wanted = amounts[:600] - amounts[:600].mean()
    wide = np.vstack([x, np.sqrt(RIDGE) * np.eye(seen.size)])
    best = np.linalg.lstsq(wide, np.vstack([wanted, np.zeros((seen.size, 1))]), rcond=None)[0]
    assert np.allclose(linear(seen, amounts, 600).numpy(), best, atol=1e-8)


def test_what_stands_within_ten_characters_is_foretold_and_what_stands_before_is_not(rng):
    tokens = rng.integers(0, 5, 4000)
    near, far = np.roll(tokens, 9) == 2, np.roll(tokens, 10) == 2
    scores, _ = foretold(tokens, np.stack([near, far], 1), np.empty((4000, 0)), 2000)
    gaps = [scores[labels[2000:], k].mean() - scores[~labels[2000:], k].mean()
            for k, labels in enumerate((near, far))]  # fmt: skip
    assert gaps[0] > 3 and abs(gaps[1]) < 0.3


def test_rare_letters_are_one(rng):
    seen = LastCharacters(rng.integers(0, 3000, 5000))
    assert seen.width == 128 and int(seen.places.max()) < seen.size
