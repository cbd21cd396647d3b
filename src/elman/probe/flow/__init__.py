"""Where the gradient goes: by lag and layer, along a state's own path, per step, at the start of
training and in its course. Each view is one file; `verdict` puts numbers into words.
"""

from elman.probe.flow.lags import GradientFlow, LayerFlow, gradient_flow
from elman.probe.flow.spectrum import Spectrum, exponents, spectrum, step_jacobian
from elman.probe.flow.start import StartFlow, flow_at_start
from elman.probe.flow.training import TrainingFlow, training_flow

__all__ = [
    "GradientFlow",
    "LayerFlow",
    "Spectrum",
    "StartFlow",
    "TrainingFlow",
    "exponents",
    "flow_at_start",
    "gradient_flow",
    "spectrum",
    "step_jacobian",
    "training_flow",
]
