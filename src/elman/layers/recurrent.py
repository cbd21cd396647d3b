"""Recurrent: any cell as a torch layer.

In: a cell and sizes. Out: a module that runs it over batches of sequences, several layers deep, on
the fastest target there is for the tensors at hand. Targets themselves live in `kernels`.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch._compile import _disable_dynamo  # pyright: ignore[reportPrivateUsage]

from elman import cells
from elman.equations import Cell
from elman.errors import ConfigError, ShapeError
from elman.graph import Step
from elman.kernels import TARGETS, Arguments, choose, compile
from elman.layers.dropout import dropout
from elman.layers.start import start_

State = Tensor | tuple[Tensor, ...]
Tensors = Mapping[str, Tensor]


class Layer(nn.Module):
    """One layer: the parameters of a cell, called as the equations call them."""

    def __init__(
        self,
        cell: Cell,
        sizes: Mapping[str, int],
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.cell, self.sizes = cell, dict(sizes)
        for name, parameter in cell.parameters.items():
            shape = tuple(sizes[size] for size in parameter.shape)
            empty = torch.empty(shape, device=device, dtype=dtype)
            self.register_parameter(name, nn.Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start again: what the equations declare, else uniform within 1 / sqrt(H)."""
        for name, parameter in self.cell.parameters.items():
            start_(getattr(self, name), parameter.start, self.sizes["H"])

    @property
    def output_size(self) -> int:
        """The number of units of the output."""
        return self.sizes[self.cell.step.by_role("output")[0].node.size]

    def extra_repr(self) -> str:
        """For print: the cell and its sizes."""
        sizes = ", ".join(f"{name}={number}" for name, number in self.sizes.items())
        return f"{self.cell.name}, {sizes}"

    def forward(
        self, x: Tensor, state: tuple[Tensor, ...], inputs: Tensors, static: Tensors, target: str
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run over x (T, B, D) from states (B, size); outputs (T, B, size) and last states."""
        if torch.compiler.is_compiling():
            return _untraced(self, x, state, inputs, static, target)
        return self.run(x, state, inputs, static, target)

    def run(
        self, x: Tensor, state: tuple[Tensor, ...], inputs: Tensors, static: Tensors, target: str
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The same, out of reach of torch.compile."""
        step = self.cell.step
        kernel = compile(step, choose(target, x.dtype, x.device))
        parameters = {leaf.name: getattr(self, leaf.name) for leaf in step.parameters}
        states = {leaf.name: s for leaf, s in zip(step.states, state, strict=True)}
        arguments = Arguments({"x": x, **inputs}, states, parameters, static)
        results = kernel(arguments)
        return results.outputs["y"], tuple(results.final[leaf.name] for leaf in step.states)


@_disable_dynamo  # loads the compiler of torch only when it is at work, unlike its public twin
def _untraced(
    layer: Layer,
    x: Tensor,
    state: tuple[Tensor, ...],
    inputs: Tensors,
    static: Tensors,
    target: str,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Machine code cannot be traced: torch.compile breaks its graph here."""
    return layer.run(x, state, inputs, static, target)


class Recurrent(nn.Module):
    """A stack of layers of one cell.

    `cell` is a Cell, the name of one on the shelf (`"lstm"`), a path to its equations, or the
    equations themselves. `input_size` is D and `hidden_size` H of the equations; other sizes that
    they declare are given in `sizes`. `dropout` is applied between layers, in training only.
    `target` is `"auto"` (compiled code where it can be used), `"llvm"` or `"eager"`.

    Parameters are named by the equations: `layers.0.W_r`. Raises ConfigError or ShapeError where
    the sizes do not fit the cell.
    """

    def __init__(
        self,
        cell: Cell | str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        batch_first: bool = False,
        dropout: float = 0.0,
        target: str = "auto",
        sizes: Mapping[str, int] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.cell = cells.get(cell)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.dropout, self.target = batch_first, dropout, target
        if num_layers < 1:
            raise ConfigError(f"num_layers must be at least 1, not {num_layers}")
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout must be at least 0 and below 1, not {dropout}")
        if target != "auto" and target not in TARGETS:
            raise ConfigError(f"no target {target!r}: choose 'auto', 'llvm' or 'eager'")
        stack: list[Layer] = []
        width = input_size
        for _ in range(num_layers):
            given = _sizes(self.cell, width, hidden_size, sizes or {})
            stack.append(Layer(self.cell, given, device, dtype))
            width = stack[-1].output_size
        self.layers = nn.ModuleList(stack)
        self.output_size = width

    def reset_parameters(self) -> None:
        """Start all layers again."""
        for layer in self.stack:
            layer.reset_parameters()

    @property
    def stack(self) -> list[Layer]:
        """The layers, first to last."""
        return list(self.layers)  # pyright: ignore[reportReturnType]

    def zero_state(self, rows: int, like: Tensor | None = None) -> State:
        """The state before anything was read, (L, rows, size) each, of the parameters' type and
        device; a cell without parameters takes those of `like`.
        """
        some = next(self.parameters(), torch.empty(0) if like is None else like)
        sizes = self.stack[0].sizes
        start = tuple(
            some.new_full((self.num_layers, rows, sizes[state.size]), state.start)
            for state in self.cell.states.values()
        )
        return start[0] if len(start) == 1 else start

    def forward(
        self,
        x: Float[Tensor, "first second features"],
        state: State | None = None,
        *,
        inputs: Tensors | None = None,
        static: Tensors | None = None,
    ) -> tuple[Float[Tensor, "first second units"], State]:
        """Run over a batch of sequences.

        `x` is (T, B, D), or (B, T, D) if `batch_first`; the output is shaped alike. `state` and the
        state returned are (L, B, size), a tuple of them in the order of the cell's states if there
        are several; none means the start. `inputs` (shaped as x) and `static` (B, size) hold the
        cell's further inputs by name; every layer gets them. T may be 0.
        """
        self._check(x, inputs or {}, static or {})
        along = self._time_first(x)
        more = {name: self._time_first(tensor) for name, tensor in (inputs or {}).items()}
        before = self._states(state, along)
        after: list[tuple[Tensor, ...]] = []
        for index, layer in enumerate(self.stack):
            own = tuple(part[index] for part in before)
            along, last = layer(along, own, more, static or {}, self.target)
            after.append(last)
            if self.dropout and index + 1 < self.num_layers:
                along = dropout(along, self.dropout, self.training)
        final = tuple(torch.stack(parts) for parts in zip(*after, strict=True))
        return self._time_first(along), final[0] if len(final) == 1 else final

    def extra_repr(self) -> str:
        """For print: what it was made with."""
        return (
            f"{self.cell.name}, {self.input_size}, {self.hidden_size}, "
            f"num_layers={self.num_layers}, batch_first={self.batch_first}, "
            f"dropout={self.dropout}, target={self.target!r}"
        )

    def _time_first(self, tensor: Tensor) -> Tensor:
        return tensor.transpose(0, 1) if self.batch_first else tensor

    def _states(self, state: State | None, x: Tensor) -> tuple[Tensor, ...]:
        wanted = self.zero_state(x.shape[1], x)
        if state is None:
            state = wanted
        given = (state,) if isinstance(state, Tensor) else tuple(state)
        shaped = (wanted,) if isinstance(wanted, Tensor) else wanted
        names = list(self.cell.states)
        if len(given) != len(shaped):
            raise ShapeError(
                f"{self.cell.name} has {_count(len(shaped), 'state')} ({', '.join(names)}), "
                f"but {_count(len(given), 'tensor')} came"
            )
        for name, one, like in zip(names, given, shaped, strict=True):
            if one.shape != like.shape:
                raise ShapeError(
                    f"state {name!r} must have shape {tuple(like.shape)} (layers, rows, units), "
                    f"not {tuple(one.shape)}"
                )
        return given

    def _check(self, x: Tensor, inputs: Tensors, static: Tensors) -> None:
        axes = "(rows, steps, features)" if self.batch_first else "(steps, rows, features)"
        if x.dim() != 3 or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"input must have shape {axes} with {self.input_size} features, "
                f"not {tuple(x.shape)}"
            )
        step = self.cell.step
        _named("inputs", {leaf.name for leaf in step.inputs} - {"x"}, inputs)
        _named("static", {leaf.name for leaf in step.statics}, static)


def _named(kind: str, wanted: set[str], given: Tensors) -> None:
    """Raise unless exactly the wanted tensors came."""
    if missing := wanted - given.keys():
        raise ShapeError(f"the cell reads {sorted(missing)}: pass {kind}={{name: tensor}}")
    if extra := given.keys() - wanted:
        raise ShapeError(f"{kind} has {sorted(extra)}, which the cell does not read")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _sizes(cell: Cell, width: int, hidden: int, more: Mapping[str, int]) -> dict[str, int]:
    """The number behind every size of a cell; ConfigError if one is missing or does not fit."""
    step: Step = cell.step
    if strange := sorted(set(more) - (set(step.sizes()) - {"D", "H"})):
        raise ConfigError(
            f"sizes= has {', '.join(strange)}, which {cell.name} does not declare; D is input_size "
            "and H is hidden_size"
        )
    sizes = {"D": width, "H": hidden, **more}
    wanted: Sequence[str] = [size for size in step.sizes() if size not in sizes]
    if wanted:
        example = ", ".join(f"{size!r}: 32" for size in wanted)
        raise ConfigError(f"{cell.name} needs more sizes: pass sizes={{{example}}}")
    for left, right in step.requires:
        if sizes[left] != sizes[right]:
            raise ShapeError(
                f"{cell.name} adds the input to a state without a matrix between them, so it needs "
                f"{left} = {right}, not {left} = {sizes[left]} and {right} = {sizes[right]}"
            )
    for name, number in sizes.items():
        if number < 1:
            raise ConfigError(f"size {name} must be at least 1, not {number}")
    return sizes
