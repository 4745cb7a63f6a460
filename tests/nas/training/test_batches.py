import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.data.dataset import Normalization
from nas.training.batches import (
    NO_AUGMENTATION,
    Augmentation,
    Moves,
    TensorImages,
    TrainingStream,
    augment,
    normalized,
    resize,
)
from nas.training.soft_labels import SoftLabels

SCALING = Normalization(77, 40.0)


def numbered(count: int, size: tuple[int, int] = (2, 3), channels: int = 1) -> TensorImages:
    """Images that are told apart by their label, which is also their first pixel."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, *size, channels), dtype=torch.uint8, generator=generator)
    pixels[:, 0, 0, 0] = torch.arange(count, dtype=torch.uint8)
    return TensorImages(pixels, torch.arange(count), SCALING)


def test_a_batch_depends_on_the_seed_and_the_step_alone():
    images, wobble = numbered(50), Augmentation((1, 1), flip=True)
    one, other = (TrainingStream(images, wobble, 8, seed=5) for _ in range(2))
    steps = [0, 3, 17, 6, 40, 7]
    forwards = {step: one.batch(step, (2, 3)) for step in steps}
    backwards = {step: other.batch(step, (2, 3)) for step in reversed(steps)}
    for step in steps:
        assert torch.equal(forwards[step][0], backwards[step][0])
        assert torch.equal(forwards[step][1], backwards[step][1])
    another_seed = TrainingStream(images, wobble, 8, seed=6).batch(0, (2, 3))
    assert not torch.equal(forwards[0][1], another_seed[1])


@settings(max_examples=30)
@given(st.integers(2, 90), st.integers(1, 40), st.integers(0, 5), st.integers(0, 3))
def test_an_epoch_sees_no_image_twice_and_leaves_out_less_than_a_batch(
    count: int, batch_size: int, seed: int, epoch: int
):
    stream = TrainingStream(numbered(count), NO_AUGMENTATION, batch_size, seed)
    steps = range(epoch * stream.steps_an_epoch, (epoch + 1) * stream.steps_an_epoch)
    seen = torch.cat([stream.indices(step) for step in steps])
    assert len(seen.unique()) == len(seen)
    assert 0 <= count - len(seen) < batch_size
    assert all(len(stream.indices(step)) == min(batch_size, count) for step in steps)


def test_epochs_are_shuffled_each_in_an_order_of_its_own():
    stream = TrainingStream(numbered(40), NO_AUGMENTATION, 40, seed=0)
    orders = [stream.indices(step).tolist() for step in range(3)]
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == list(range(40)) for order in orders)


def test_labels_stay_with_their_images():
    stream = TrainingStream(numbered(30), NO_AUGMENTATION, 7, seed=1)
    for step in range(8):
        images, labels = stream.batch(step, (2, 3))
        first_bytes = images[:, 0, 0, 0] * SCALING.deviation_bytes + SCALING.mean_byte
        torch.testing.assert_close(first_bytes, labels.float())


def test_two_steps_do_not_augment_alike():
    pixels = torch.arange(49, dtype=torch.uint8).reshape(1, 7, 7, 1).expand(64, 7, 7, 1)
    stream = TrainingStream(
        TensorImages(pixels, torch.zeros(64), SCALING), Augmentation((2, 2), flip=True), 64, 0
    )
    first, second = (stream.batch(step, (7, 7))[0] for step in (0, 1))
    assert not torch.equal(first, second)


def augmented(pixels: torch.Tensor, augmentation: Augmentation, scaling: Normalization) -> torch.Tensor:
    moves = Moves.drawn(len(pixels), augmentation, np.random.default_rng(0))
    return augment(pixels, augmentation, scaling, moves)


def one_by_one(
    pixels: np.ndarray, augmentation: Augmentation, mean: int, rng: np.random.Generator
) -> np.ndarray:
    """Each image shifted and mirrored by itself, with the same draws from `rng`."""
    count, height, width, _ = pixels.shape
    down, right = augmentation.shift
    rows = rng.integers(0, 2 * down + 1, (count, 1))[:, 0] - down
    columns = rng.integers(0, 2 * right + 1, (count, 1))[:, 0] - right
    mirrored = rng.random(count) < 0.5 if augmentation.flip else np.zeros(count, dtype=bool)
    out = np.full_like(pixels, mean)
    for n in range(count):
        for i in range(height):
            for j in range(width):
                row, column = i + rows[n], (width - 1 - j if mirrored[n] else j) + columns[n]
                if 0 <= row < height and 0 <= column < width:
                    out[n, i, j] = pixels[n, row, column]
    return out


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.builds(Augmentation, st.tuples(st.integers(0, 3), st.integers(0, 3)), st.booleans()),
    st.integers(1, 3),
    st.integers(0, 9),
)
def test_augmented_images_are_those_that_a_loop_makes_one_by_one(
    size: tuple[int, int], augmentation: Augmentation, channels: int, seed: int
):
    pixels = numbered(12, size, channels).pixels
    moves = Moves.drawn(len(pixels), augmentation, np.random.default_rng(seed))
    ours = augment(pixels, augmentation, SCALING, moves)
    theirs = one_by_one(pixels.numpy(), augmentation, SCALING.mean_byte, np.random.default_rng(seed))
    np.testing.assert_array_equal(ours.numpy(), theirs)


def test_every_shift_and_both_mirrorings_come_up_about_equally_often():
    pixels = torch.zeros(3000, 5, 6, 1, dtype=torch.uint8)
    pixels[:, 2, 2, 0] = 255
    moved = augmented(pixels, Augmentation((1, 1), flip=True), Normalization(0, 1.0))
    places = torch.stack(torch.where(moved[:, :, :, 0] == 255)[1:], 1)
    rows, columns = places.unbind(1)
    assert len(places) == 3000
    # A pixel at column 2 of 6 is at 3 when mirrored, then 1 to either side.
    assert rows.bincount(minlength=5).tolist() == pytest.approx([0, 1000, 1000, 1000, 0], abs=120)
    assert columns.bincount(minlength=6).tolist() == pytest.approx([0, 500, 1000, 1000, 500, 0], abs=120)


def test_what_a_shift_uncovers_is_nothing_to_the_network():
    pixels = torch.full((40, 4, 4, 1), 200, dtype=torch.uint8)
    moved = augmented(pixels, Augmentation((2, 2), flip=False), SCALING)
    values = normalized(moved, SCALING, (4, 4)).unique()
    assert values.tolist() == pytest.approx([0.0, (200 - 77) / 40])


@pytest.mark.parametrize("size", [(4, 4), (3, 6), (5, 5), (1, 1), (8, 4)])
def test_resizing_averages_areas_in_whole_bytes(size: tuple[int, int]):
    pixels = numbered(3, (8, 8), 2).pixels
    resized = resize(pixels, size)
    assert resized.dtype == torch.uint8
    assert resized.shape == (3, *size, 2)
    for i in range(size[0]):
        for j in range(size[1]):
            rows = slice(i * 8 // size[0], math.ceil((i + 1) * 8 / size[0]))
            columns = slice(j * 8 // size[1], math.ceil((j + 1) * 8 / size[1]))
            means = pixels[:, rows, columns].double().mean((1, 2))
            assert ((resized[:, i, j].double() - means).abs() <= 0.5 + 1e-4).all()


def test_resizing_to_the_same_size_changes_nothing():
    pixels = numbered(3, (5, 7)).pixels
    assert resize(pixels, (5, 7)) is pixels


def test_normalized_images_are_channels_last_floats_of_their_bytes():
    images = numbered(4, (5, 6), 3)
    values = normalized(images.pixels, SCALING, (5, 6))
    assert values.dtype == torch.float32
    assert values.shape == (4, 3, 5, 6)
    assert values.is_contiguous(memory_format=torch.channels_last)
    assert values[1, 2, 3, 4].item() == pytest.approx((images.pixels[1, 3, 4, 2].item() - 77) / 40)


def test_resized_images_are_channels_last_too():
    values = normalized(numbered(4, (6, 8), 3).pixels, SCALING, (4, 5))
    assert values.shape == (4, 3, 4, 5)
    assert values.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [(24, 24), (20, 14), (28, 9), (1, 28)])
def test_resized_images_are_those_of_torch_to_the_last_bit(size: tuple[int, int]):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (50, 28, 28, 3), generator=generator, dtype=torch.uint8)
    areas = torch.nn.functional.interpolate(pixels.permute(0, 3, 1, 2).float(), size=size, mode="area")
    assert torch.equal(resize(pixels, size), areas.round().to(torch.uint8).permute(0, 2, 3, 1))


def test_all_images_come_in_order_the_incomplete_last_batch_among_them():
    images = numbered(10)
    batches = list(images.batches(4, (2, 3)))
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    assert torch.cat([labels for _, labels in batches]).tolist() == list(range(10))
    assert len(images.first(3)) == 3
    assert images.first(3).labels.tolist() == [0, 1, 2]


def test_fewer_images_than_a_batch_make_one_batch_of_all():
    stream = TrainingStream(numbered(5), NO_AUGMENTATION, 8, seed=0)
    assert [sorted(stream.indices(step).tolist()) for step in range(2)] == [[0, 1, 2, 3, 4]] * 2


def test_epochs_go_round_the_views_that_teachers_have_seen_whatever_the_seed():
    images = numbered(12, (6, 6))
    labels = TensorImages(images.pixels, images.labels % 3, SCALING)
    table = torch.rand(2, 12, 3).softmax(2).half()
    plain = TrainingStream(labels, Augmentation((2, 2), flip=True), 12, seed=4)
    taught = replace(plain, soft=SoftLabels(table, seed=9))
    for step in range(5):
        seen, said = taught.batch(step, (6, 6))
        chosen = taught.indices(step)
        assert torch.equal(chosen, plain.indices(step))
        assert torch.equal(seen, plain.view(step % 2, 9, chosen, (6, 6)))
        assert torch.equal(said, table[step % 2, chosen].float())


def test_views_differ_and_each_image_has_its_own_place_in_them():
    stream = TrainingStream(numbered(40, (6, 6)), Augmentation((2, 2), flip=True), 8, seed=0)
    every = torch.arange(40)
    first, second = (stream.view(number, 3, every, (6, 6)) for number in (0, 1))
    assert not torch.equal(first, second)
    some = torch.tensor([7, 3, 31])
    assert torch.equal(stream.view(0, 3, some, (6, 6)), first[some])
    assert not torch.equal(stream.view(0, 4, every, (6, 6)), first)
