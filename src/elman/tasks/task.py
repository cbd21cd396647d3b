"""What the trainer knows of a task: its steps' losses, its score, its samples, its memory.

A task holds a model and its data, and carries whatever lies between two steps (position, state).
It knows nothing of optimizers, schedules, clocks and run folders.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray
from torch import Tensor, nn


@runtime_checkable
class Task(Protocol):
    """A model with its data, loss, score and way of making samples."""

    name: str
    """What `run.json` calls it."""
    unit: str
    """What is predicted, one by one, in the plural: characters, words, labels."""

    @property
    def vocabulary(self) -> Any:
        """What a run keeps to read and name its data again; it has `to_json`."""
        ...

    @property
    def model(self) -> nn.Module:
        """What is trained."""
        ...

    @property
    def tokens_per_step(self) -> int:
        """How many predictions a training step makes."""
        ...

    @property
    def tokens_to_score(self) -> int:
        """How many predictions `score` makes."""
        ...

    def loss(self) -> Tensor:
        """The loss of the next training step, in nats per token, ready for `backward`."""
        ...

    def forget(self) -> None:
        """Drop the carried state: the step that made it came to nothing."""
        ...

    def score(self) -> float:
        """The loss over the whole held-out part, in nats per token; lower is better."""
        ...

    def sample(self, seed: int, length: int) -> str:
        """What the model makes now; the same seed gives the same."""
        ...

    def figures(self, sample: str) -> dict[str, float]:
        """How good a sample is, as numbers by name."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The carried arrays, for a checkpoint."""
        ...

    def facts(self) -> dict[str, Any]:
        """The carried scalars and positions, for a checkpoint."""
        ...

    def restore(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Go back to what `arrays` and `facts` said; DataError if it is of other data."""
        ...
