"""Published timings of single kernels, and the shape of a cost that follows from them.

Shape means: what each kind of work costs in multiples of one MAC of a pointwise convolution.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from constraints.geometry import Geometry
from constraints.macs import macs
from search_spaces.graph import OpKind
from studies.reference_networks import WORK

Floats = NDArray[np.float64]

# TensorFlow Lite Micro with CMSIS-NN on an RP2040: microseconds of the ops of the person detection example
# (MobileNetV1 0.25 at 96 x 96 x 1), raspberrypi/pico-tflmicro, benchmark_results.txt, commit 238ad54,
# "Original". The clock is not stated; 125 MHz is what the Pico SDK sets where nothing else is asked for.
PICO_CLOCK_HZ = 125_000_000
_PICO_CYCLES_A_US = PICO_CLOCK_HZ / 1e6
PICO_DEPTHWISE_US = (
    *(60_270, 29_554, 57_453, 14_471, 27_611, 7_013, 15_268, 12_980, 13_015, 12_987, 12_986, 3_519, 5_959),
)
PICO_POINTWISE_US = (
    *(46_264, 31_129, 47_209, 23_856, 40_094, 21_395, 38_805, 38_766, 38_739, 38_784, 38_744, 23_982, 45_617),
)
PICO_AVERAGE_POOL_US = 870
PICO_RESHAPE_US = 22
# (stride of the depthwise convolution, channels in, channels out of the pointwise one), from a 48 x 48 x 8
# map.
_BLOCKS = (
    *((1, 8, 16), (2, 16, 32), (1, 32, 32), (2, 32, 64), (1, 64, 64), (2, 64, 128)),
    *((1, 128, 128),) * 5,
    *((2, 128, 256), (1, 256, 256)),
)

# ESP-NN's plain C kernels on an ESP32-S3: ticks of single kernels, espressif/esp-nn, README, commit 0798b58,
# "Kernelwise performance for s8 versions", column ANSI C.
_C_POINTWISE = ((4_642_259, 409_600, 6_400), (300_032, 16_384, 1_024))  # ticks, MACs, elements written
_C_DEPTHWISE = (1_192_832, 36_864, 4_096)
_C_FULLY_CONNECTED = (12_290, 795, 3)
_C_ADD = (312_327, 1_615)
_C_MAX_POOL = (485_714, 36_864)
_C_AVERAGE_POOL = (541_462, 36_864)
MAX_POOL_OF_AVERAGE = _C_MAX_POOL[0] / _C_AVERAGE_POOL[0]


def pico_blocks() -> list[tuple[Geometry, Geometry]]:
    """The depthwise and the pointwise convolution of each block of person detection."""
    size, found = 48, []
    for stride, read, written in _BLOCKS:
        out = -(-size // stride)
        depthwise = Geometry(
            OpKind.DEPTHWISE_CONV, (size, size, read), (out, out, read), (3, 3), (stride, stride)
        )
        found.append((depthwise, Geometry(OpKind.CONV, (out, out, read), (out, out, written))))
        size = out
    return found


def pico_rates() -> dict[str, float]:
    """Cycles on the RP2040 of a MAC (depthwise, pointwise), of an element written or pooled, and of a call.

    Fitted by least squares on relative error to the 26 convolutions, an element costing the same in both
    kinds.
    """
    return _pico_fit(range(len(_BLOCKS)))


def pico_left_out() -> dict[str, float]:
    """Errors of the 26 convolutions, each block of two predicted from the other twelve, and of their sum."""
    work, cycles = _pico_work(), _pico_cycles()
    predicted = np.empty_like(cycles)
    for block in range(len(_BLOCKS)):
        rates = _pico_fit(other for other in range(len(_BLOCKS)) if other != block)
        mine = slice(2 * block, 2 * block + 2)
        predicted[mine] = work[mine] @ [rates["pointwise"], rates["depthwise"], rates["output"]]
    errors = np.abs(predicted / cycles - 1)
    return {
        "median": float(np.median(errors)),
        "worst": float(errors.max()),
        "sum": float(predicted.sum() / cycles.sum() - 1),
    }


def _pico_fit(blocks: Iterable[int]) -> dict[str, float]:
    rows = [row for block in blocks for row in (2 * block, 2 * block + 1)]
    scaled = _pico_work()[rows] / _pico_cycles()[rows, None]
    pointwise, depthwise, output = np.linalg.lstsq(scaled, np.ones(len(rows)), rcond=None)[0]
    return {
        "pointwise": float(pointwise),
        "depthwise": float(depthwise),
        "output": float(output),
        "average_pool": PICO_AVERAGE_POOL_US * _PICO_CYCLES_A_US / (3 * 3 * 256),
        "op": PICO_RESHAPE_US * _PICO_CYCLES_A_US,
    }


def _pico_work() -> Floats:
    """MACs of a pointwise and of a depthwise convolution, and elements written: a row an op."""
    rows: list[list[int]] = []
    for depthwise, pointwise in pico_blocks():
        rows.append([0, macs(depthwise), depthwise.output_bytes])
        rows.append([macs(pointwise), 0, pointwise.output_bytes])
    return np.array(rows, dtype=np.float64)


def _pico_cycles() -> Floats:
    return np.ravel(np.column_stack([PICO_DEPTHWISE_US, PICO_POINTWISE_US])) * _PICO_CYCLES_A_US


def c_rates() -> dict[str, float]:
    """Ticks of ESP-NN's plain C kernels: a MAC by kind, an element written, added, or read by a pool."""
    ticks, work = [row[0] for row in _C_POINTWISE], [row[1:] for row in _C_POINTWISE]
    pointwise, output = np.linalg.solve(work, ticks)
    return {
        "pointwise": float(pointwise),
        "output": float(output),
        "depthwise": float((_C_DEPTHWISE[0] - output * _C_DEPTHWISE[2]) / _C_DEPTHWISE[1]),
        "fully_connected": float(
            (_C_FULLY_CONNECTED[0] - output * _C_FULLY_CONNECTED[2]) / _C_FULLY_CONNECTED[1]
        ),
        "add": _C_ADD[0] / _C_ADD[1],
        "average_pool": _C_AVERAGE_POOL[0] / _C_AVERAGE_POOL[1],
    }


def published_shape() -> Floats:
    """Costs in MACs of a pointwise convolution, in the order of `WORK`.

    Where both sources have a kernel: the geometric mean of their ratios. A MAC of a convolution costs as one
    of a pointwise one, since both end in the same matrix product, and a gathered byte two (Lai et al. 2018,
    CMSIS-NN, section 3.2: copied and widened once; how much that costs is not published there).
    """
    sources = (pico_rates(), c_rates())
    shape = {"conv": 1.0, "gathered": 2.0}
    for key in WORK:
        ratios = [rates[key] / rates["pointwise"] for rates in sources if key in rates]
        if ratios:
            shape[key] = float(np.exp(np.mean(np.log(ratios))))
    return np.array([shape[key] for key in WORK])
