"""Values of another type than asked for: one sentence.

Types are checked by a tool in these tests and by nobody where people use a layer, so the calls are
made in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

RATE = "must be a number at least 0 and below 1"
FLAGS = "reset must be true or false for each step of each row"
CALLS = {
    "layer(numpy.ones((5, 3, 2)))":
        "input must be a dense tensor or a PackedSequence, not ndarray",
    "layer([[1.0]])": "input must be a dense tensor or a PackedSequence, not list",
    "layer(x, lengths='abc')": "lengths must be whole numbers, one for each row: str is no tensor",
    "layer(x, lengths=[1, None, 2])":
        "lengths must be whole numbers, one for each row: list is no tensor",
    "layer(x, reset='yes')": f"{FLAGS}: str is no tensor",
    "elman.Recurrent('gru', 3.0, 4)": "input_size must be a whole number, not 3.0",
    "elman.Recurrent('gru', 3, '4')": "hidden_size must be a whole number, not '4'",
    "elman.Recurrent('gru', 3, 4, True)": "num_layers must be a whole number, not True",
    "elman.Recurrent('gru', 3, 4, dropout='0.1')": f"dropout {RATE}, not '0.1'",
    "elman.Recurrent('gru', 3, 4, zoneout=None)": f"zoneout of h {RATE}, not None",
    "elman.Stack(layer, elman.LSTM(4, 6))": "layer 1 is a LSTM: a stack is made of elman.Recurrent",
    "elman.Recurrent(3, 3, 4)": "a cell is a name, equations or a file, not 3: try 'lstm'",
    "elman.Recurrent('gru', 3, 4, sizes=3)":
        "sizes= takes numbers by the letters of sizes, not 3",
    "elman.Recurrent('gru', 3, 4, bidirectional=2)":
        "bidirectional must be True or False, not 2",
    "layer(x, record=[3])": "record takes names of quantities, as record=['f'], not [3]",
    "layer(x, record=None)": "record takes names of quantities, as record=['f'], not None",
    "layer(x, 5)": "state must be a tensor for each of h, not int",
    "layer(x, (x, None))": "state must be a tensor for each of h, not NoneType",
    "layer(x, inputs=x)":
        "inputs= takes tensors by their names in the equations: inputs={'v': tensor}",
    "elman.Recurrent('static v\\nh\\' = V v + W x', 2, 4)(x, static={'v': [1.0]})":
        "static= takes tensors by their names in the equations: static={'v': tensor}",
    "elman.streams(range(50), 2.0, 3)": "batch must be a whole number, 1 or more, not 2.0",
    "elman.streams(range(50), 2, '3')": "window must be a whole number, 1 or more, not '3'",
}  # fmt: skip
SCRIPT = """
import json, sys, elman, numpy, torch
from elman.errors import ElmanError
layer, x, said = elman.Recurrent("gru", 2, 4), torch.ones(5, 3, 2), []
for _ in range(int(sys.argv[2])):
    layer(x)
for call in json.loads(sys.argv[1]):
    try:
        eval(call)
        said.append("nothing")
    except ElmanError as error:
        said.append(str(error))
print(json.dumps(said))
"""


@pytest.mark.parametrize("before", [0, 3], ids=["first call", "a call that is known"])
def test_every_value_of_another_type_is_named_in_a_sentence(before):
    command = [sys.executable, "-c", SCRIPT, json.dumps(list(CALLS)), str(before)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert not ran.returncode, ran.stderr
    for said, (call, message) in zip(json.loads(ran.stdout), CALLS.items(), strict=True):
        assert said.startswith(message), call
