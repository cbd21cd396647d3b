"""How much of the gradient arrives: |dL_t / ds_{t-k}| by lag k, layer and state.

Each state gets a nudge of zero (see `probe.opened`): the gradient of the loss at one step to all
nudges before it is what is wanted, in one pass backwards. Rows are places of a text, each with its
carried state.

Beside the whole stands the state's own path: what flows from s to s' unit by unit, through no
matrix and no other state, which for the memory of an LSTM is the product of its forget gates
(S. Hochreiter and J. Schmidhuber, 1997: the constant error carousel). It is differentiated on the
graph of the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data import Vocabulary
from elman.errors import DataError
from elman.graph import Step
from elman.graph.evaluate import over_time
from elman.graph.node import Node, constant, is_leaf, ordered
from elman.graph.ops import OPS
from elman.graph.step import Output
from elman.layers import Recurrent
from elman.models import LanguageModel
from elman.models.evaluating import evaluating
from elman.probe.flow.verdict import of_lags
from elman.probe.opened import alone, open_cell

RUN_UP = 256  # characters read before a place, so that the state is that of a reader
TINY = 1e-45  # stands for a gradient that is nothing, where its logarithm is taken

Norms = NDArray[np.float64]


@dataclass(frozen=True)
class LayerFlow:
    """The flow into one layer. `states`: the norm by lag 0, 1, ... for each state; `alone`: along
    its own path only, for states that have one; `whole`: of all states together. Geometric means
    over places.
    """

    layer: int
    states: Mapping[str, Norms]
    alone: Mapping[str, Norms]
    whole: Norms
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "layer": self.layer,
            "states": {name: norms.tolist() for name, norms in self.states.items()},
            "alone": {name: norms.tolist() for name, norms in self.alone.items()},
            "whole": self.whole.tolist(),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class GradientFlow:
    """The flow through a model: its cell and layers, over `places` places of a text."""

    cell: str
    places: int
    layers: tuple[LayerFlow, ...]

    @property
    def verdict(self) -> str:
        """That of the layer where most is left."""
        return max(self.layers, key=lambda one: one.whole[-1] / max(one.whole[0], TINY)).verdict

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        layers = [one.to_dict() for one in self.layers]
        return {"cell": self.cell, "places": self.places, "verdict": self.verdict, "layers": layers}


def gradient_flow(
    model: LanguageModel,
    vocabulary: Vocabulary,
    text: str,
    *,
    lags: int = 100,
    places: int = 32,
    seed: int = 0,
) -> GradientFlow:
    """Norms of the gradient of the loss at single characters to the states before them.

    `places` characters of the text are drawn, each with at least `lags` before it (fewer where
    the text is short). DataError for a text of fewer than three characters.
    """
    tokens = torch.from_numpy(vocabulary.encode_held_out(text).astype(np.int64))
    lags = min(lags, len(tokens) - 2)
    if lags < 1:
        raise DataError(f"a flow needs a text of at least 3 characters, not {len(tokens)}")
    rng = np.random.default_rng(seed)
    room = np.arange(lags, len(tokens) - 1)
    chosen = np.sort(rng.choice(room, min(places, len(room)), replace=False))
    with evaluating(model):
        layers = _layers(model, tokens, torch.from_numpy(chosen), lags)
    return GradientFlow(model.cell.name, len(chosen), tuple(layers))


def _layers(model: LanguageModel, tokens: Tensor, places: Tensor, lags: int) -> list[LayerFlow]:
    opened = open_cell(model.cell, nudged=model.cell.states)
    count = model.recurrent.num_layers
    nets = [alone(model.recurrent, k, opened.cell) for k in range(count)]
    index = places + torch.arange(-lags, 1)[:, None]
    states = _before(model, tokens, index[0])
    nudges: list[dict[str, Tensor]] = []
    read: list[Tensor] = []
    x = model.vectors(tokens[index]).detach()
    for k, net in enumerate(nets):
        read.append(x.detach())
        zeros = {name: torch.zeros(lags + 1, len(places), part.shape[-1], requires_grad=True)
                 for name, part in zip(model.cell.states, states, strict=True)}  # fmt: skip
        own = tuple(part[k : k + 1] for part in states)
        named = {opened.nudge[name]: part for name, part in zeros.items()}
        x, _ = net(x, own[0] if len(own) == 1 else own, inputs=named)
        nudges.append(zeros)
    loss = torch.nn.functional.cross_entropy(
        model.output(x[-1]), tokens[places + 1], reduction="sum"
    )
    wanted = [part for zeros in nudges for part in zeros.values()]
    found = iter(torch.autograd.grad(loss, wanted))
    layers: list[LayerFlow] = []
    for k in range(count):
        gradients = {name: next(found).flip(0).double().numpy() for name in model.cell.states}
        paths = own_paths(
            alone(model.recurrent, k), read[k], [part[k] for part in states]
        )  # fmt: skip
        layers.append(_layer(k, gradients, paths))
    return layers


def _before(model: LanguageModel, tokens: Tensor, first: Tensor) -> list[Tensor]:
    """The states (L, P, size) before each of these places, after up to `RUN_UP` characters."""
    with torch.no_grad():
        start = model.zero_state(len(first))
        index = first + torch.arange(-min(RUN_UP, int(first.max())), 0)[:, None]
        vectors = model.vectors(tokens[index.clamp(min=0)])
        # a row that comes to the first character begins there
        last = model.recurrent(vectors, start, reset=index == 0)[1]
    firsts, lasts = ((s if isinstance(s, tuple) else (s,)) for s in (start, last))
    at_start = (first == 0)[:, None]
    return [torch.where(at_start, a, b) for a, b in zip(firsts, lasts, strict=True)]


def _layer(number: int, gradients: Mapping[str, Norms], paths: Mapping[str, Norms]) -> LayerFlow:
    """Means over places of gradients (lags + 1, P, size) and factors (lags + 1, P, size)."""
    norms = {name: np.linalg.norm(part, axis=-1) for name, part in gradients.items()}
    whole = _mean(np.sqrt(sum(part**2 for part in norms.values())))
    own: dict[str, Norms] = {}
    for name, factors in paths.items():
        # from s_{t-k} on, the path goes through steps t-k+1 ... t
        steps = np.concatenate([np.ones_like(factors[:1]), factors[:0:-1]])
        flows = gradients[name][:1] * np.cumprod(steps, 0)
        own[name] = _mean(np.linalg.norm(flows, axis=-1))
    means = {name: _mean(part) for name, part in norms.items()}
    return LayerFlow(number, means, own, whole, of_lags(whole))


def _mean(norms: Norms) -> Norms:
    """The geometric mean over places (lags + 1, P)."""
    return np.exp(np.log(np.maximum(norms, TINY)).mean(1))


def own_paths(net: Recurrent, x: Tensor, states: list[Tensor]) -> dict[str, Norms]:
    """For each state that has a path of its own, ds'/ds along it at every step, (T, B, size), while
    the layer reads x (T, B, D) from states (B, size).
    """
    step, layer = net.cell.step, net.stack[0]
    found = {leaf.name: own_path(step, leaf) for leaf in step.states}
    outputs = tuple(Output(f"path {name}", "recorded", node)
                    for name, node in found.items() if node is not None)  # fmt: skip
    if not outputs:
        return {}
    fixed = {name: part.detach().double().numpy() for name, part in layer.weights().items()}
    before = {leaf.name: part.detach().double().numpy()
              for leaf, part in zip(step.states, states, strict=True)}  # fmt: skip
    seen = over_time(
        replace(step, outputs=(*step.outputs, *outputs)), {"x": x.double().numpy()}, before, fixed,
        layer.sizes,
    )  # fmt: skip
    shape = (*x.shape[:2], -1)
    return {
        name: np.broadcast_to(
            seen[f"path {name}"], (*shape[:2], before[name].shape[-1])
        )
        for name, node in found.items() if node is not None
    }  # fmt: skip


def own_path(step: Step, state: Node) -> Node | None:
    """ds'/ds unit by unit: through no matrix, no sum over units and no other state; None if nothing
    of s' comes that way.
    """
    slopes: dict[Node, Node | None] = {}
    root = step.next_of(state.name)
    for node in ordered([root]):
        slopes[node] = _slope(node, state, slopes)
    return slopes[root]


def _slope(node: Node, state: Node, slopes: Mapping[Node, Node | None]) -> Node | None:
    if node is state:
        return constant(1.0)
    if is_leaf(node) or node.op not in OPS:
        return None
    found: Node | None = None
    for arg, partial in zip(node.args, OPS[node.op].partials(node.args, node), strict=True):
        inner = slopes[arg]
        if inner is not None and partial is not None:
            term = inner * partial if partial.op != "constant" else partial * inner
            found = term if found is None else found + term
    return found
