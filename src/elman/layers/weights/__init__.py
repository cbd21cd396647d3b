"""Weights in and out: files of torch, Keras and ONNX to recurrent layers, and back to torch.

Readers (`torch_files`, `keras`, `onnx`) turn what they find into torch's names; `choose` picks, and
`assign` checks all of it before it fills anything.
"""

from elman.layers.weights.load import load_weights
from elman.layers.weights.save import save_weights

__all__ = ["load_weights", "save_weights"]
