import math
import random
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from pathlib import Path

import pytest
import torch

from nas.data.dataset import Normalization
from nas.networks.weight_bank import WeightBank
from nas.phases.supernet import covering_graphs
from nas.training import supernet
from nas.training.allowance import Allowance
from nas.training.batches import NO_AUGMENTATION, TensorImages, TrainingStream
from nas.training.checkpoint import BadCheckpoint
from nas.training.path_gradients import InlineGradients, PathResult, SupernetPath
from nas.training.supernet import (
    PATHS_A_STEP,
    Lesson,
    Sample,
    Step,
    Training,
    TrainingDiverged,
    recalibration_batches,
    sandwich,
    single_path,
    train_supernet,
)
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from tests.nas.training.lessons import one_network, small_space, stream, validation_images


def sample(rng: random.Random) -> Graph:
    space = small_space()
    return lower(space, space.sample(rng))


def always(graph: Graph) -> Sample:
    return lambda _: graph


def fresh_bank(seed: int = 0) -> WeightBank:
    return WeightBank.initialized(covering_graphs(small_space()), seed)


def lesson(step: Step, watched: Graph, seed: int = 0) -> Lesson:
    return Lesson(stream(seed, batch_size=32), validation_images(), step, watched, seed)


def quiet(_: Training) -> None:
    """Nothing."""


def trained(step: Step, steps: int, folder: Path, seed: int = 0) -> Training:
    training = Training.begin(fresh_bank(seed), Allowance(steps=steps))
    train_supernet(training, lesson(step, sample(random.Random(0)), seed), folder / "checkpoint", quiet)
    return training


def largest() -> Graph:
    return max(
        (sample(random.Random(seed)) for seed in range(50)),
        key=lambda graph: sum(op.weight.count for op in graph.ops if op.weight),
    )


def smallest() -> Graph:
    return min((sample(random.Random(seed)) for seed in range(50)), key=lambda graph: len(graph.ops))


@pytest.mark.parametrize("step", [single_path(sample), sandwich(largest(), smallest(), sample)])
def test_a_small_supernet_learns_the_digits(step: Step, tmp_path: Path):
    training = trained(step, 100, tmp_path)
    first, last = training.curve[0], training.curve[-1]
    # Chance has a loss of ln 10 = 2.30 and an accuracy of 10%.
    assert first.train_loss > 1.5
    assert last.train_loss < 0.75 * first.train_loss
    assert last.val_loss < 1.6
    assert last.val_accuracy > 0.5


def test_two_trainings_with_one_seed_are_equal_to_the_bit_and_with_another_they_are_not(tmp_path: Path):
    one, two = (trained(single_path(sample), 12, tmp_path, seed=3) for _ in range(2))
    other = trained(single_path(sample), 12, tmp_path, seed=4)
    assert states_equal(one.bank, two.bank)
    assert untimed(one) == untimed(two)
    assert not states_equal(one.bank, other.bank)


def states_equal(one: WeightBank, two: WeightBank) -> bool:
    first, second = one.state(), two.state()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def untimed(training: Training) -> list[tuple[float, ...]]:
    """The curve without its clock."""
    return [astuple(point)[1:] for point in training.curve]


class Interrupted(Exception):
    """Somebody has pulled the plug."""


@pytest.mark.parametrize("stop", [5, 9])
@pytest.mark.parametrize("make", [single_path, lambda sample: sandwich(largest(), smallest(), sample)])
def test_an_interrupted_training_goes_on_to_the_very_weights_and_curve_of_an_uninterrupted_one(
    make: Callable[[Sample], Step], stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    steps, path = 12, tmp_path / "checkpoint"
    # A point every third step, so that it is interrupted between two.
    monkeypatch.setattr(supernet, "CURVE_POINTS", 4)
    whole = trained(make(sample), steps, tmp_path)
    assert not path.exists()

    def pull_the_plug(training: Training) -> None:
        if training.progress.step == stop + 1:
            raise Interrupted

    monkeypatch.setattr(supernet, "CHECKPOINT_SECONDS", 0.0)
    task = lesson(make(sample), sample(random.Random(0)))
    with pytest.raises(Interrupted):
        train_supernet(Training.begin(fresh_bank(), Allowance(steps=steps)), task, path, pull_the_plug)
    resumed = Training.resume(path, Allowance(steps=steps))
    assert resumed.progress.step == stop
    train_supernet(resumed, task, path, quiet)
    assert states_equal(resumed.bank, whole.bank)
    assert untimed(resumed) == untimed(whole)
    assert [point.step for point in whole.curve] == [3, 6, 9, 12]
    seconds = [point.seconds for point in resumed.curve]
    assert seconds == sorted(seconds)


def test_a_finished_training_that_is_resumed_changes_nothing(tmp_path: Path):
    training, path = trained(single_path(sample), 5, tmp_path), tmp_path / "checkpoint"
    training.save(path)
    resumed = Training.resume(path, Allowance(steps=5))
    train_supernet(resumed, lesson(single_path(sample), one_network()), path, quiet)
    assert states_equal(resumed.bank, training.bank)
    assert resumed.curve == training.curve


def test_an_allowance_of_seconds_ends_the_training_in_time(tmp_path: Path):
    training = Training.begin(fresh_bank(), Allowance(seconds=0.3))
    train_supernet(training, lesson(single_path(sample), one_network_of_the_space()), tmp_path / "c", quiet)
    assert training.progress.fraction == 1.0
    assert training.progress.step > 0
    assert training.progress.seconds < 3.0


def one_network_of_the_space() -> Graph:
    return sample(random.Random(1))


def test_a_step_moves_the_shared_slots_of_its_path_and_no_other_tensor_at_all(tmp_path: Path):
    bank, path = fresh_bank(), sample(random.Random(5))
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    training = Training.begin(bank, Allowance(steps=1))
    train_supernet(training, lesson(single_path(always(path)), path), tmp_path / "c", quiet)
    on_the_path = {op.weight.slot for op in path.ops if op.weight}
    assert 0 < len(on_the_path) < len(bank.slots)
    for name, tensor in bank.state().items():
        assert torch.equal(tensor, before[name]) == (name.rsplit(".", 1)[0] not in on_the_path), name


def test_within_a_slot_a_path_moves_its_leading_channels_and_centre_and_weight_decay_alone_the_rest(
    tmp_path: Path,
):
    wide, narrow = two_layers(12, (5, 5)), two_layers(8, (3, 3))
    bank = WeightBank.initialized([wide], 0)
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    training = Training.begin(bank, Allowance(steps=1))
    train_supernet(training, lesson(single_path(always(narrow)), narrow), tmp_path / "c", quiet)
    assert training.progress.step == 1
    rate = supernet.learning_rate(supernet.PEAK_RATE, 0.0, supernet.WARM_UP)
    # Nesterov's first step: gradient g and momentum g, so 1.9 g; weight decay's g is 5e-4 times the weight.
    decayed = before["conv.weight"] * (1 - rate * 1.9 * 5e-4)
    weight, outside = bank.slots["conv"].weight.detach(), torch.ones(12, 1, 5, 5, dtype=torch.bool)
    outside[:8, :, 1:4, 1:4] = False
    torch.testing.assert_close(weight[outside], decayed[outside], rtol=1e-6, atol=0)
    assert (weight[~outside] != decayed[~outside]).double().mean() > 0.9
    for name in ("conv.shift", "conv.scale"):
        after = bank.state()[name]
        assert torch.equal(after[8:], before[name][8:])
        assert not torch.equal(after[:8], before[name][:8])
    head = bank.slots["head"].weight.detach()
    torch.testing.assert_close(
        head[:, 8:], before["head.weight"][:, 8:] * (1 - rate * 1.9 * 5e-4), rtol=1e-6, atol=0
    )


def two_layers(channels: int, kernel: tuple[int, int]) -> Graph:
    builder = GraphBuilder((8, 8, 1))
    x = builder.conv(builder.input, "conv", channels, kernel)
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", 10)
    return builder.build()


class Recorder:
    """Works out gradients, and keeps what it was asked for and what it answered."""

    def __init__(self) -> None:
        self._gradients = InlineGradients(fresh_bank(), stream(batch_size=32))
        self.asked: list[list[SupernetPath]] = []
        self.answered: list[list[PathResult]] = []

    def add(self, paths: Sequence[SupernetPath]) -> list[PathResult]:
        self.asked.append(list(paths))
        self.answered.append(self._gradients.add(paths))
        return self.answered[-1]


def test_a_sandwich_teaches_two_random_networks_and_the_smallest_by_the_largest_on_one_batch():
    big, small, recorder = largest(), smallest(), Recorder()
    loss = sandwich(big, small, sample)(recorder, random.Random(0), 7)
    (first,), others = recorder.asked
    assert first.graph is big
    assert first.teacher is None
    assert others[-1].graph is small
    assert len(others) == 3
    assert all(path.teacher is recorder.answered[0][0].probabilities for path in others)
    assert {path.batch for path in (first, *others)} == {7}
    assert loss == recorder.answered[0][0].loss


def test_single_paths_learn_from_labels_over_batches_that_no_other_path_has():
    step, recorder = single_path(sample), Recorder()
    for number in range(5):
        loss = step(recorder, random.Random(number), number)
        losses = [result.loss for result in recorder.answered[-1]]
        assert loss == pytest.approx(sum(losses) / PATHS_A_STEP)
    paths = [path for paths in recorder.asked for path in paths]
    assert [path.batch for path in paths] == list(range(5 * PATHS_A_STEP))
    assert all(path.teacher is None for path in paths)


def test_data_without_any_spread_end_the_training_in_one_sentence(tmp_path: Path):
    images = stream().images
    broken = TensorImages(images.pixels, images.labels, Normalization(0, math.nan))
    batches = TrainingStream(broken, NO_AUGMENTATION, 64, 0)
    task = replace(lesson(single_path(sample), sample(random.Random(0))), stream=batches)
    with pytest.raises(TrainingDiverged, match="must keep a finite loss, but it is nan at step 0"):
        train_supernet(Training.begin(fresh_bank(), Allowance(steps=3)), task, tmp_path / "c", quiet)


def test_a_checkpoint_that_was_cut_short_is_refused_in_one_sentence(tmp_path: Path):
    path = tmp_path / "checkpoint"
    trained(single_path(sample), 1, tmp_path).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadCheckpoint, match="is damaged: delete it"):
        Training.resume(path, Allowance(steps=2))


@pytest.mark.parametrize(("count", "sizes"), [(5, [5]), (129, [128]), (300, [128, 128]), (2000, [128] * 4)])
def test_batch_norm_is_recalibrated_on_batches_of_one_size(count: int, sizes: list[int]):
    images = TensorImages(
        torch.zeros(count, 2, 2, 1, dtype=torch.uint8), torch.zeros(count), Normalization(0, 1.0)
    )
    assert [len(batch) for batch in recalibration_batches(images, (2, 2))] == sizes
