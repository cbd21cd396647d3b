"""The captioner and what looks for it: shapes, likelihoods, and pictures that count."""

from __future__ import annotations

import pytest
import torch

from elman import cells
from elman.equations.static import with_static
from elman.models.beam import Beam
from elman.models.captioner import WAYS, Captioner
from elman.models.lite0 import Lite0

# kernel, expansion and width of each block of the published network
BLOCKS = [(3, 1, 16), *[(3, 6, 24)] * 2, *[(5, 6, 40)] * 2, *[(3, 6, 80)] * 3, *[(5, 6, 112)] * 3,
          *[(5, 6, 192)] * 4, (3, 6, 320)]  # fmt: skip


def made_up_weights():
    generator = torch.Generator().manual_seed(0)
    found = {}

    def conv(name, out, into, kernel):
        scale = (into * kernel * kernel) ** -0.5
        found[f"{name}.weight"] = scale * torch.randn(
            out, into, kernel, kernel, generator=generator
        )

    def norm(name, size):
        for key, value in {
            "weight": 1.0,
            "bias": 0.0,
            "running_mean": 0.0,
            "running_var": 1.0,
        }.items():
            found[f"{name}.{key}"] = torch.full((size,), value)

    conv("_conv_stem", 32, 3, 3)
    norm("_bn0", 32)
    wide = 32
    for k, (kernel, times, out) in enumerate(BLOCKS):
        name, inner = f"_blocks.{k}.", wide * times
        if times > 1:
            conv(name + "_expand_conv", inner, wide, 1)
            norm(name + "_bn0", inner)
        conv(name + "_depthwise_conv", inner, 1, kernel)
        norm(name + "_bn1", inner)
        conv(name + "_project_conv", out, inner, 1)
        norm(name + "_bn2", out)
        wide = out
    conv("_conv_head", 1280, 320, 1)
    norm("_bn1", 1280)
    return found


def test_a_picture_is_seen_in_49_places_whatever_is_beside_it():
    net = Lite0(made_up_weights())
    pictures = torch.randint(0, 255, (2, 3, 224, 224), dtype=torch.uint8)
    grid, whole = net(pictures)
    assert grid.shape == (2, 49, 320) and whole.shape == (2, 1280)
    torch.testing.assert_close(net(pictures[1:])[0], grid[1:], atol=1e-4, rtol=1e-3)


def captioner(way):
    torch.manual_seed(0)
    cell = with_static(cells.get("gru")) if way == "static" else cells.get("gru")
    return Captioner(cell, 9, 8, way=way, embedding=6).eval()


@pytest.mark.parametrize("way", WAYS)
def test_losses_are_likelihoods_and_depend_on_the_picture(way):
    model = captioner(way)
    grid, whole = torch.randn(2, 49, 320), torch.randn(2, 1280)
    tokens = torch.tensor([[1, 1], [5, 6], [7, 2], [2, 0]])
    lengths = torch.tensor([4, 3])
    logs = model.likelihood(grid, whole, tokens, lengths)
    torch.testing.assert_close(model.loss(grid, whole, tokens, lengths), -logs.sum() / 5)
    swapped = model.likelihood(grid.flip(0), whole.flip(0), tokens, lengths)
    assert (logs - swapped).abs().min() > 1e-6


@pytest.mark.parametrize("way", WAYS)
def test_the_caption_found_is_likelier_than_others(way):
    model = captioner(way)
    grid, whole = torch.randn(1, 49, 320), torch.randn(1, 1280)
    (said,) = model.caption(grid, whole, Beam(20, 3, 0.0), (0, 3))

    def likely(words):
        tokens = torch.tensor([[1], *[[w] for w in words], [2]])
        return float(model.likelihood(grid, whole, tokens, torch.tensor([len(tokens)])))

    assert all(likely(said) >= likely(other) - 1e-5 for other in ([], [4], [5], [6], [7], [4, 5]))


@pytest.mark.parametrize("way", WAYS)
def test_where_it_looked_is_a_share_for_every_word_and_only_attention_looks(way):
    model = captioner(way)
    grid, whole = torch.randn(1, 49, 320), torch.randn(1, 1280)
    looked = model.looked(grid, whole, torch.tensor([5, 6]))
    if way != "attention":
        assert looked is None
        return
    assert looked.shape == (3, 49)
    torch.testing.assert_close(looked.sum(-1), torch.ones(3))
    turned = torch.arange(48, -1, -1)
    torch.testing.assert_close(
        model.looked(grid[:, turned], whole, torch.tensor([5, 6])), looked[:, turned]
    )
