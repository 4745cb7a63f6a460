"""Plans the memory of a model file anew, and proves by executing both that nothing else has changed."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels
from nas.replan.compare import Compared, check_same, compare
from nas.replan.plan_file import PlannedFile, has_unsafe_plan, head_as_it_is, plan_file
from nas.replan.samples import LEAST_INPUTS, samples
from nas.tflite_file.model import FileModel
from nas.tflite_file.read import read_model
from nas.verify.isolated import record_isolated
from nas.verify.tflm import RecordedArena, TflmRefused, check_installed


@dataclass(frozen=True, slots=True)
class Side:
    """A file: the arena recorded for it here, the head predicted on the kernels asked for, its bytes."""

    arena: RecordedArena
    predicted_head_bytes: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Replanned:
    """What came of it. `replaces_unsafe` says that the file had a plan that these kernels must not run."""

    kernels: Kernels
    before: Side
    after: Side
    planned: PlannedFile
    compared: Compared
    replaces_unsafe: bool

    @property
    def is_recorded(self) -> bool:
        """Whether the kernels asked for are those that executed both files."""
        return self.kernels.library is KernelLibrary.REFERENCE

    @property
    def head_bytes(self) -> tuple[int, int]:
        """The head on the kernels asked for, before and after."""
        if self.is_recorded:
            return self.before.arena.head_bytes, self.after.arena.head_bytes
        return self.before.predicted_head_bytes, self.after.predicted_head_bytes

    @property
    def gains(self) -> bool:
        """Whether the new file is worth having: it needs less memory, or the old one is not safe."""
        before, after = self.head_bytes
        return after < before or self.replaces_unsafe


def kernels_named(name: str) -> Kernels:
    """Kernels by the name of their library; CMSIS-NN as on a Cortex-M4 or M7, with its DSP instructions."""
    library = KernelLibrary(name)
    if library is KernelLibrary.CMSIS_NN:
        return Kernels(library, Instructions.DSP, pointer_bytes=4)
    return Kernels(library)


def replan(data: bytes, kernels: Kernels, random_inputs: int = LEAST_INPUTS) -> Replanned:
    """The file of these bytes planned for `kernels`, and compared with it on random inputs and the extremes.

    Both are executed with the reference kernels, as the wheel has no others.

    Raises:
        BadModelFile: it is no sound int8 model.
        TflmRefused: TensorFlow Lite Micro is not installed, or cannot run the model.
        OutputsDiffer: the outputs do.
    """
    model = read_model(data)
    check_installed()
    _check_known(model)
    arena = record_isolated(data)
    planned = plan_file(data, kernels)
    compared = compare(data, planned.data, samples(model, random_inputs))
    check_same(compared, old_plan_is_safe=not has_unsafe_plan(model, HOST))
    return Replanned(
        kernels=kernels,
        before=Side(arena, head_as_it_is(model, kernels), len(data)),
        after=Side(record_isolated(planned.data), planned.predicted_bytes, len(planned.data)),
        planned=planned,
        compared=compared,
        replaces_unsafe=has_unsafe_plan(model, kernels),
    )


def _check_known(model: FileModel) -> None:
    if model.custom_codes:
        names = ", ".join(model.custom_codes)
        raise TflmRefused(
            f"TensorFlow Lite Micro has no custom operator {names}, so outputs cannot be compared: replan "
            "the model without it"
        )
