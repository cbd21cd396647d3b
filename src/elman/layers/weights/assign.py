"""A layer as the place where weights go: what torch calls its parameters, checking, filling.

In: a module with the parameters of torch.nn.LSTM, GRU, RNN or their cells, or an elman.Recurrent
of one of the cells in `equations`. Out: a `Seat`, which takes tensors and gives them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from elman.errors import ConfigError, DataError, ShapeError
from elman.layers.recurrent import Recurrent
from elman.layers.weights import equations
from elman.layers.weights.found import PARAMETER, Found, described

Tensors = Mapping[str, Tensor]

# What a GRU is told that does not fit, by where its reset gate acts.
RESETS = {
    "before": "its reset gate acts before the product (reset_after=False in Keras, "
    "linear_before_reset=0 in ONNX), which is another equation than torch's GRU has: load it into "
    "an elman.Recurrent of gru_before, n = tanh(W_n x + U_n (r * h) + b_n)",
    "after": "its reset gate acts after the product: load it into a GRU, or into an "
    "elman.Recurrent of gru",
}


@dataclass(frozen=True)
class Seat:
    """The parameters of a layer by their own names, and the way to and from torch's names."""

    parameters: Mapping[str, Tensor]
    shapes: Mapping[str, tuple[int, ...]]
    """What is wanted, by torch's names."""
    inward: Callable[[Tensors], Tensors]
    outward: Callable[[Tensors], Tensors]
    nonlinearity: str = ""
    reset: str = "after"

    def __str__(self) -> str:
        return described(self.shapes)

    def check(self, tensors: Tensors, found: Sequence[Found]) -> None:
        """Whether the tensors of the found layers fit.

        DataError names what is missing or has no place, ShapeError both shapes.
        """
        self._check_names(tensors)
        theirs = described({name: tuple(tensor.shape) for name, tensor in tensors.items()})
        for name, shape in self.shapes.items():
            if tuple(tensors[name].shape) != shape:
                raise ShapeError(
                    f"{theirs} does not fit {self}: {name} is {tuple(tensors[name].shape)} there "
                    f"and {shape} in the layer"
                )
            _check_tensor(name, tensors[name])
        for one in found:
            _check_nonlinearity(one.nonlinearity, self.nonlinearity)
            if one.reset != self.reset:
                raise DataError(RESETS[one.reset])

    def fill(self, tensors: Tensors) -> None:
        """Copy checked tensors into the parameters, converted to their type and device."""
        with torch.no_grad():
            fitting = {
                name: tensor.to(self.parameters[name])
                for name, tensor in self.inward(tensors).items()
            }
            for name, tensor in fitting.items():
                self.parameters[name].copy_(tensor)

    def tensors(self) -> dict[str, Tensor]:
        """Copies of the parameters on the CPU, as torch names them."""
        plain = {name: tensor.detach().cpu() for name, tensor in self.parameters.items()}
        outward = self.outward(plain)
        return {name: tensor.clone().contiguous() for name, tensor in outward.items()}

    def _check_names(self, tensors: Tensors) -> None:
        missing = [name for name in self.shapes if name not in tensors]
        extra = [name for name in tensors if name not in self.shapes]
        faults: list[str] = []
        if missing:
            faults.append(f"it lacks {', '.join(missing)}")
        if extra:
            faults.append(f"the layer has no place for {', '.join(extra)}")
        if faults:
            shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
            raise DataError(f"{described(shapes)} does not fit {self}: {'; '.join(faults)}")


def _check_nonlinearity(given: str, ours: str) -> None:
    if given and ours and given != ours:
        raise DataError(
            f"its nonlinearity is {given} and the layer's is {ours}: make the layer with "
            f"nonlinearity={given!r}"
        )


def _check_tensor(name: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        raise DataError(f"{name} holds {tensor.dtype}, and weights are floating-point numbers")
    if tensor.is_meta or tensor.layout != torch.strided:
        raise DataError(f"{name} is no plain tensor ({tensor.device}, {tensor.layout})")


def seat(layer: nn.Module) -> Seat:
    """The seat of a layer; ConfigError if it is none that weights can be read into."""
    named_as_torch = {"weight_ih", "weight_ih_l0"} & dict(layer.named_parameters()).keys()
    if isinstance(layer, Recurrent) and not named_as_torch:
        taken = _of_equations(layer)
    else:
        taken = _of_torch(layer)
    if any(parameter.is_meta for parameter in taken.parameters.values()):
        raise ConfigError(
            "the layer is on the device 'meta', which holds no numbers: move it first"
        )
    return taken


def _of_torch(layer: nn.Module) -> Seat:
    parameters = dict(layer.named_parameters(remove_duplicate=False))
    own = {name if "_l" in name else f"{name}_l0": name for name in parameters}
    strange = [name for key, name in own.items() if not PARAMETER.fullmatch(key)]
    if strange or "weight_ih_l0" not in own or "weight_hh_l0" not in own:
        raise ConfigError(_no_seat(layer, strange))
    return Seat(
        parameters,
        {key: tuple(parameters[name].shape) for key, name in own.items()},
        lambda tensors: {own[key]: tensor for key, tensor in tensors.items()},
        lambda tensors: tensors,
        str(getattr(layer, "nonlinearity", "")),
    )


def _no_seat(layer: nn.Module, strange: list[str]) -> str:
    kind = type(layer).__name__
    why = f" has the parameter {strange[0]}" if strange else " has no weight_ih_l0 and weight_hh_l0"
    return (
        f"weights are read into and saved from an LSTM, GRU or RNN, one of their cells, or a "
        f"Recurrent of {equations.CELLS}, but this {kind}{why}: pass the recurrent layer itself"
    )


def _of_equations(layer: Recurrent) -> Seat:
    form = equations.form(layer)
    return Seat(
        dict(layer.named_parameters()),
        equations.shapes(form, layer),
        lambda tensors: equations.from_torch(form, tensors, layer.num_layers),
        lambda tensors: equations.to_torch(form, tensors, layer.num_layers),
        form.nonlinearity,
        form.reset,
    )
