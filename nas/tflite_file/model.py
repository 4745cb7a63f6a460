"""What a .tflite file says: its tensors, its operators, and how many bytes each of its parts takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from constraints.geometry import Geometry
from nas.tflite_file.flatbuffer import Span

ABSENT = -1
"""The number of a tensor that an operator may have and does not, such as a bias."""


class Role(StrEnum):
    """What a tensor is for: data of the file, a value of one inference, or a state kept between them."""

    CONSTANT = "constant"
    ACTIVATION = "activation"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True)
class FileTensor:
    """A tensor; `name` is unique in its file, `shape` has the batch first, `type` is the schema's (INT8 ...).

    `data` is where in the file a constant stands. `scales` and `zero_points` are empty where there is no
    quantization, and go along `axis` where there are several.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    type: str
    size_bytes: int
    role: Role
    data: Span | None
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        product = 1
        for extent in self.shape:
            product *= extent
        return product


@dataclass(frozen=True, slots=True)
class FileOperator:
    """An operator; `code` is the schema's name (CONV_2D ...) or that of a custom operator.

    `inputs` and `outputs` number tensors, `ABSENT` standing for one left out. `activation` is the fused one,
    None where the operator's options were not read. `geometry` is None where the operator is not one of
    ours, or does what a `Geometry` cannot say.
    """

    index: int
    code: str
    is_custom: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    activation: str | None
    geometry: Geometry | None

    @property
    def name(self) -> str:
        """Its place and its code, unique in the file: "3 CONV_2D"."""
        return f"{self.index} {self.code}"


@dataclass(frozen=True, slots=True)
class FileParts:
    """Bytes of the file by what they are for.

    Data of weights (and other constants), data of biases, scales and zero points with their tables, all else.
    """

    weights: int
    biases: int
    quantization: int
    structure: int

    @property
    def total(self) -> int:
        """Bytes of the whole file."""
        return self.weights + self.biases + self.quantization + self.structure


@dataclass(frozen=True, slots=True)
class FileModel:
    """A model file with one subgraph; its operators stand in an order in which they can run.

    `offline_plan` has an arena offset a tensor, -1 where the runtime may choose, if the file carries a plan.
    """

    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    offline_plan: tuple[int, ...] | None
    parts: FileParts

    @property
    def custom_codes(self) -> tuple[str, ...]:
        """The distinct custom operators, in the order of their first use."""
        return tuple(dict.fromkeys(op.code for op in self.operators if op.is_custom))

    def activations_read(self, op: FileOperator) -> tuple[FileTensor, ...]:
        """The activations that an operator reads, in its order, one read twice given twice."""
        return self._activations(op.inputs)

    def activations_written(self, op: FileOperator) -> tuple[FileTensor, ...]:
        """The activations that an operator writes, in its order."""
        return self._activations(op.outputs)

    def _activations(self, numbers: tuple[int, ...]) -> tuple[FileTensor, ...]:
        tensors = (self.tensors[number] for number in numbers if number != ABSENT)
        return tuple(tensor for tensor in tensors if tensor.role is Role.ACTIVATION)
