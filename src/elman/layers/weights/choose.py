"""Which of the recurrent layers in a file fills the seat: the named, or the only one that fits.

In: what a reader found, a seat, and perhaps names. Out: tensors that fit, by their names in torch.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor

from elman.equations.names import nearest
from elman.errors import DataError, ElmanError
from elman.layers.weights.assign import Seat
from elman.layers.weights.found import Found, described, stacked

Tensors = Mapping[str, Tensor]


def chosen(found: Sequence[Found], name: str | Sequence[str] | None, seat: Seat) -> Tensors:
    """The tensors for a seat; DataError lists the layers there are, ShapeError says what differs.

    Several names are a stack, the bottom layer first.
    """
    if not found:
        raise DataError("it holds no LSTM, GRU or RNN")
    if name is None:
        return _only(found, seat)
    names = [name] if isinstance(name, str) else list(name)
    return _fitting([_named(found, one) for one in names], seat)


def _only(found: Sequence[Found], seat: Seat) -> Tensors:
    if len(found) == 1:
        return _fitting(found, seat)
    fits: list[Tensors] = []
    for one in found:
        try:
            fits.append(_fitting([one], seat))
        except ElmanError:
            continue
    if len(fits) == 1:
        return fits[0]
    number = "none" if not fits else f"{len(fits)}"
    advice = "choose one with name=, or stack several with name=[bottom, ..., top]"
    raise DataError(
        f"of its {len(found)} recurrent layers {number} fit {seat}: {advice}\n{_listed(found)}"
    )


def _fitting(pieces: Sequence[Found], seat: Seat) -> Tensors:
    tensors = stacked([piece.read() for piece in pieces])
    seat.check(tensors, pieces)
    return tensors


def _named(found: Sequence[Found], name: str) -> Found:
    named = [one for one in found if one.name == name]
    if len(named) == 1:
        return named[0]
    if named:
        raise DataError(f"it has {len(named)} recurrent layers that are called {name!r}")
    near = nearest(name, [one.name for one in found])
    meant = f"; did you mean {near!r}?" if near else ""
    raise DataError(f"it has no recurrent layer {name!r}{meant}\n{_listed(found)}")


def _listed(found: Sequence[Found]) -> str:
    return "\n".join(f"  {one.name!r}: {_summary(one)}" for one in found)


def _summary(one: Found) -> str:
    try:
        return described({name: tuple(tensor.shape) for name, tensor in one.read().items()})
    except ElmanError as error:
        return str(error)
