"""torch's own tests of its modules, with Elman's classes in their place.

The inputs, error inputs and reference functions are those of torch's test suite
(`torch.testing._internal.common_modules`); what is asked of every module is what torch asks of its
own: the result of the reference, gradients and second derivatives, pickling, strides of any kind,
types and devices on request, and errors.
"""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import pytest
import torch

import elman
from elman.layers.drop_in import cells, layers

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import ModuleErrorEnum, module_db

NAMES = ("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")
INFOS = {name: next(i for i in module_db if i.name == f"nn.{name}") for name in NAMES}
assert cells.RNNCell is elman.RNNCell and layers.LSTM is elman.LSTM


def cases(name: str, dtype: torch.dtype, training: bool) -> list[Any]:
    info = INFOS[name]
    return info.module_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=False, training=training
    )


def built(name: str, of: Any, training: bool, dtype: torch.dtype) -> tuple[Any, Any]:
    """torch's module and ours of a case, with the same weights."""
    args, kwargs = of.constructor_input.args, of.constructor_input.kwargs
    theirs = INFOS[name].module_cls(*args, **kwargs).to(dtype).train(training)
    ours = getattr(elman, name)(*args, **kwargs).to(dtype).train(training)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def flat(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    return [leaf for part in value if part is not None for leaf in flat(part)]


def called(module: Any, of: Any) -> list[torch.Tensor]:
    return flat(module(*of.forward_input.args, **of.forward_input.kwargs))


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NAMES)
def test_forward_and_reference(name, dtype, training):
    found = cases(name, dtype, training)
    assert found
    for of in found:
        theirs, ours = built(name, of, training, dtype)
        want, got = called(theirs, of), called(ours, of)
        for a, b in zip(got, want, strict=True):
            torch.testing.assert_close(a, b)
        if of.reference_fn is not None:
            given = of.forward_input
            reference = flat(of.reference_fn(ours, *given.args, **given.kwargs))
            for a, b in zip(got, reference, strict=True):
                torch.testing.assert_close(a, b)


def check_gradients(name: str, training: bool, *, fast: bool) -> None:
    for number, of in enumerate(cases(name, torch.float64, training)):
        _, ours = built(name, of, training, torch.float64)
        leaves = [leaf for leaf in flat([of.forward_input.args]) if leaf.is_floating_point()]
        for leaf in leaves:
            leaf.requires_grad_()
        parameters = list(ours.parameters())

        def run(*_: torch.Tensor, ours: Any = ours, of: Any = of) -> tuple[torch.Tensor, ...]:
            return tuple(called(ours, of))

        assert torch.autograd.gradcheck(run, [*leaves, *parameters], fast_mode=fast)
        if number % 8 == 0 or not fast:
            assert torch.autograd.gradgradcheck(run, [*leaves, *parameters], fast_mode=fast)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_gradients_and_second_derivatives(name, training):
    check_gradients(name, training, fast=True)


@pytest.mark.prove
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_every_entry_of_every_gradient(name, training):
    check_gradients(name, training, fast=False)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_pickles_strides_and_factory_arguments(name, training):
    for of in cases(name, torch.float32, training):
        theirs, ours = built(name, of, training, torch.float32)
        want = called(ours, of)
        again = pickle.loads(pickle.dumps(ours))
        assert all(torch.equal(a, b) for a, b in zip(called(again, of), want, strict=True))
        assert repr(ours) == repr(theirs)
        wide = [_strided(part) for part in of.forward_input.args]
        strided = flat(ours(*wide, **of.forward_input.kwargs))
        for a, b in zip(strided, want, strict=True):
            torch.testing.assert_close(a, b)
        args, kwargs = of.constructor_input.args, of.constructor_input.kwargs
        made = getattr(elman, name)(*args, **{**kwargs, "dtype": torch.float64, "device": "meta"})
        assert {(p.dtype, p.device.type) for p in made.parameters()} == {(torch.float64, "meta")}


def _strided(value: Any) -> Any:
    """The same numbers, every second one of a wider tensor."""
    if isinstance(value, torch.Tensor):
        return value.repeat_interleave(2, -1)[..., ::2]
    if isinstance(value, tuple):
        return tuple(_strided(part) for part in value)
    return value


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_errors(name, training):
    info = INFOS[name]
    found = info.module_error_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=training
    )
    for error in found:
        of = error.module_error_input
        args, kwargs = of.constructor_input.args, of.constructor_input.kwargs
        with pytest.raises(error.error_type, match=error.error_regex):
            module = getattr(elman, name)(*args, **kwargs)
            assert error.error_on == ModuleErrorEnum.FORWARD_ERROR
            called(module, of)
