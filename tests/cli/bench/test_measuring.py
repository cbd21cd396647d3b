"""What the commands that measure have in common."""

from __future__ import annotations

from elman.cli import main
from elman.cli.bench._measuring import shapes


def test_shapes_are_read():
    assert shapes(("64,32,128", "1, 2,3")) == ((64, 32, 128), (1, 2, 3))


def test_a_shape_is_three_numbers(capsys):
    message = "elman: a shape is T,B,H, three numbers such as 64,32,128, not '64x32'\n"
    assert main(["bench", "layers", "--shapes", "64x32"]) == 1
    assert capsys.readouterr().err == message
