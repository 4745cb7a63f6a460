"""Ten thousand damaged files: each ends in a result or in one sentence, and soon."""

import time
from collections import Counter

from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels
from constraints.target import load_target
from nas.check.arena import predict_arena
from nas.check.latency import latency_of
from nas.tflite_file.flatbuffer import BadModelFile
from nas.tflite_file.read import read_model
from tests.nas.tflite_file.damage import damaged_files

COUNT = 10_000
DEVICE = Kernels(KernelLibrary.CMSIS_NN, Instructions.DSP, 4)
LONGEST_SECONDS = 1.0


def test_ten_thousand_damaged_files_end_in_a_result_or_in_one_sentence():
    targets = [load_target(name) for name in ("stm32l4r5", "stm32l4r5_xcubeai")]
    ended: Counter[str] = Counter()
    for data in damaged_files(COUNT, seed=7):
        began = time.perf_counter()
        try:
            model = read_model(data)
            for kernels in (HOST, DEVICE):
                assert predict_arena(model, kernels).head_bytes >= 0
            for target in targets:
                latency_of(model, data, target)
            assert model.parts.total == len(data)
            assert min(model.parts.weights, model.parts.biases, model.parts.structure) >= 0
            ended["result"] += 1
        except BadModelFile as error:
            said = str(error)
            assert said
            assert "\n" not in said
            assert said.isprintable()
            assert len(said) < 400
            ended["sentence"] += 1
        assert time.perf_counter() - began < LONGEST_SECONDS
    assert sum(ended.values()) == COUNT
    # Damage to weights alone is no contradiction; most other damage is.
    assert ended["result"] > COUNT / 100
    assert ended["sentence"] > COUNT / 2
