"""Sizes of the structs that TensorFlow Lite Micro keeps in the arena, for 8-byte and for 4-byte pointers.

Both columns follow from the fields in TFLM's headers (tensorflow/lite: c/common.h, micro/micro_allocator.h,
micro/micro_allocation_info.h, micro/recording_micro_allocator.h, micro/arena_allocator/*.h,
micro/memory_planner/greedy_memory_planner.h) under the rules of the C ABI, and were checked by compiling
structs of the same fields with g++ (x86-64) and arm-none-eabi-g++ (Cortex-M4, -fno-short-enums); the first
column is also what the wheel tflite-micro 0.dev20261023 allocates, read off its machine code.

They describe two builds. On a 64-bit host it is the wheel: a `RecordingMicroAllocator`, compiled with
USE_TFLM_COMPRESSION. With 4-byte pointers it is what a firmware runs: a plain `MicroAllocator`, which is
what `MicroInterpreter` makes itself when it is given an arena, without compression, TFLM's default.
Enumerations take 4 bytes here. GCC for bare-metal Arm makes them as short as they can be unless told
-fno-short-enums: then a `TfLiteTensor` takes 32 bytes in place of 40 (as a log that Realtek published of a
firmware shows, whose other structs have the sizes below), the options of a fully connected op 16 in place of
24 and those of an add 2 in place of 8. The prediction is an upper bound for such a build.
"""

from __future__ import annotations

from dataclasses import dataclass

from constraints.kernels import Kernels

ALIGNMENT = 16
"""Of kernels' data and of activations (micro_arena_constants.h, `MicroArenaBufferAlignment`)."""
REQUESTS_PER_OP = 12
"""Scratch buffers that an op may ask for (micro_allocator.cc, `kMaxScratchBuffersPerOp`)."""
PLANNED_BUFFER_BYTES = 40
"""What the planner holds for a buffer: 4 + 1 + 1 + 3 + 1 ints (`GreedyMemoryPlanner::per_buffer_size`)."""


@dataclass(frozen=True, slots=True)
class Structs:
    """Bytes of each struct; `pointer` is also what all of them are aligned to."""

    pointer: int
    arena_allocator: int
    planner: int
    allocator: int
    options_allocator: int
    subgraph: int
    eval_tensor: int
    node: int
    tensor: int
    quantization: int
    scratch_request: int
    allocation_info: int

    @property
    def interpreter(self) -> int:
        """What there is before the model is looked at."""
        return self.arena_allocator + self.planner + self.allocator + self.options_allocator + self.subgraph

    def tensor_while_prepared(self, scales: int) -> int:
        """A `TfLiteTensor` with its quantization: a struct, and the zero points, counted and listed."""
        if not scales:
            return self.tensor
        return _up(self.tensor + self.quantization + 4 + 4 * scales, self.pointer)


HOST_STRUCTS = Structs(
    pointer=8,
    arena_allocator=104,  # RecordingSingleArenaBufferAllocator: 72 + 4 counters
    planner=72,  # GreedyMemoryPlanner
    allocator=272,  # RecordingMicroAllocator: MicroAllocator (72), a pointer, 8 records of 3 counters
    options_allocator=16,  # MicroBuiltinDataAllocator: a table of methods and a pointer
    subgraph=24,  # SubgraphAllocations: nodes, tensors, compressed tensors
    eval_tensor=24,  # TfLiteEvalTensor: 2 pointers, type
    node=64,  # NodeAndRegistration: 6 pointers and a size (TfLiteNode), a pointer
    tensor=64,  # TfLiteTensor: TfLiteQuantization 16, params 8, 2 pointers, size, 2 enums, a bool
    quantization=24,  # TfLiteAffineQuantization: 2 pointers, an axis
    scratch_request=16,  # ScratchBufferRequest: a size, 2 ints
    allocation_info=32,  # AllocationInfo: a size, a pointer, 3 ints, a bool
)
DEVICE_STRUCTS = Structs(
    pointer=4,
    arena_allocator=36,  # SingleArenaBufferAllocator: 2 tables of methods, 5 pointers, a checksum, a count
    planner=44,  # GreedyMemoryPlanner: a table of methods, 2 ints, 4 pointers, 2 ints, a pointer, a bool
    allocator=36,  # MicroAllocator: a table of methods, 4 pointers, a bool, a count, a pointer, a size
    options_allocator=8,
    subgraph=8,  # SubgraphAllocations: nodes, tensors
    eval_tensor=12,
    node=32,
    tensor=40,
    quantization=12,
    scratch_request=12,
    allocation_info=24,
)


def structs_of(kernels: Kernels) -> Structs:
    """The structs of a runtime with such kernels.

    Raises:
        ValueError: pointers are neither of 4 nor of 8 bytes.
    """
    match kernels.pointer_bytes:
        case 8:
            return HOST_STRUCTS
        case 4:
            return DEVICE_STRUCTS
        case other:
            raise ValueError(f"pointers must have 4 or 8 bytes, got {other}: give that of the target's core")


def aligned_after(used_bytes: int, size_bytes: int, alignment: int) -> int:
    """The tail after one more allocation: it grows downwards, so that its far end is what is aligned.

    Source: SingleArenaBufferAllocator::AllocatePersistentBuffer.
    """
    return _up(used_bytes + size_bytes, alignment)


def _up(size_bytes: int, multiple: int) -> int:
    return -(-size_bytes // multiple) * multiple
