"""Random syntax trees and random cells, for properties that hold of all of them."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from elman.equations.syntax import (
    Apply,
    Binary,
    Call,
    Comparison,
    Declaration,
    Declared,
    Definition,
    Equations,
    Expression,
    Name,
    Negative,
    Number,
)

SMALL = st.sampled_from(["x", "h", "c", "r", "z_1", "states", "b_r", "paramX", "e1", "hT"])
CAPITAL = st.sampled_from(["W", "U_r", "V2", "T", "W_T"])
NUMBERS = st.floats(0, allow_infinity=False, allow_nan=False) | st.integers(0, 3).map(float)
LEAVES = st.builds(Number, NUMBERS) | st.builds(Name, SMALL, st.booleans())


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    comparison = st.builds(
        Comparison, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner, inner
    )
    return st.one_of(
        st.builds(Apply, CAPITAL, inner, st.booleans()),
        st.builds(Negative, inner),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(Call, st.sampled_from(["tanh", "max", "g"]), st.lists(inner).map(tuple)),
        st.tuples(comparison, inner, inner).map(lambda three: Call("where", three)),
    )


EXPRESSIONS = st.recursive(LEAVES, _larger, max_leaves=12)
COMMENTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=9)
NOTES = st.just("") | COMMENTS.map("#{}".format)
ABOVE = st.just(()) | st.lists(COMMENTS.map("#{}".format), max_size=2).map(tuple)
STARTS = st.none() | NUMBERS | NUMBERS.map(float.__neg__) | st.just("orthogonal")
SIZES = st.none() | st.lists(CAPITAL, max_size=2).map(tuple)
STATEMENTS = st.one_of(
    st.builds(Definition, SMALL, EXPRESSIONS, st.booleans(), above=ABOVE, note=NOTES),
    st.builds(
        Declaration,
        st.sampled_from(["state", "input", "static", "param"]),
        st.lists(st.builds(Declared, SMALL | CAPITAL, SIZES, STARTS), min_size=1).map(tuple),
        above=ABOVE,
        note=NOTES,
    ),
)
# Any tree that a text can have, whether or not its names mean anything.
TREES = st.builds(Equations, st.lists(STATEMENTS, max_size=5).map(tuple), ABOVE)


def random_cell(seed: int, most: int = 10) -> Equations:
    """The tree of a legal cell: every name is defined before it is used, all sizes are H."""
    chance = random.Random(seed)
    states = chance.choice([("h",), ("h", "c"), ("c", "m")])
    known = [Name("x"), *map(Name, states), Name("b"), Name("b_1")]
    lines: list[Definition] = []
    for target in (*chance.sample(["r", "z", "n"], chance.randint(0, 3)), *states):
        value = Binary("+", _random(chance, known, chance.randint(1, most)), known[1])
        lines.append(Definition(target, value, target in states))
        known.append(Name(target, target in states))
    return Equations(tuple(lines))


def _random(chance: random.Random, known: list[Name], size: int) -> Expression:
    """An expression of about so many nodes."""
    if size <= 1:
        return chance.choice([*known, Number(chance.choice([0.0, 0.5, 1.0, 2.0]))])

    def inner() -> Expression:
        return _random(chance, known, chance.randint(1, size - 1))

    def vector() -> Expression:
        return Binary("+", inner(), chance.choice(known))

    match chance.randrange(8):
        case 0 | 1:
            return Apply(chance.choice(["W", "U", "V_1"]), vector(), chance.random() < 0.2)
        case 2:
            return Negative(inner())
        case 3:
            return Call(chance.choice(["min", "max"]), (inner(), inner()))
        case 4:
            condition = Comparison(chance.choice(["<", "=="]), inner(), inner())
            return Call("where", (condition, inner(), inner()))
        case 5:
            return Call(chance.choice(["layernorm", "mean"]), (vector(),))
        case 6:
            return Call(chance.choice(["tanh", "sigmoid", "relu", "abs", "sqrt"]), (inner(),))
        case _:
            return Binary(chance.choice("+-*/"), inner(), inner())
