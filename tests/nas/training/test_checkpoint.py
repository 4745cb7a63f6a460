from pathlib import Path

import pytest
import torch

from nas.training.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    load_checkpoint,
    momentum_of,
    restore_momentum,
    save_checkpoint,
)
from nas.training.curve import CurvePoint
from nas.training.optimizer import set_learning_rate, sgd


def sample() -> Checkpoint:
    generator = torch.Generator().manual_seed(0)
    return Checkpoint(
        weights={
            "a.weight": torch.randn(3, 2, generator=generator),
            "a.shift": torch.randn(3, generator=generator),
        },
        momentum=[torch.randn(3, 2, generator=generator)],
        step=17,
        seconds=3.25,
        curve=[CurvePoint(1.0, 5, 0.1, 0.2, 0.3), CurvePoint(2.0, 10, 1 / 3, float("inf"), 0.5)],
        losses=[0.1, 0.2 + 0.1],
    )


def test_a_checkpoint_comes_back_to_the_bit(tmp_path: Path):
    before = sample()
    save_checkpoint(before, tmp_path / "c")
    after = load_checkpoint(tmp_path / "c")
    assert after.weights.keys() == before.weights.keys()
    assert all(torch.equal(after.weights[name], tensor) for name, tensor in before.weights.items())
    assert all(torch.equal(*pair) for pair in zip(after.momentum, before.momentum, strict=True))
    assert (after.step, after.seconds, after.curve, after.losses) == (
        before.step,
        before.seconds,
        before.curve,
        before.losses,
    )


def test_a_checkpoint_leaves_nothing_else_in_its_folder(tmp_path: Path):
    for _ in range(2):
        save_checkpoint(sample(), tmp_path / "c")
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("kept", [0, 10, 500, -1])
def test_a_checkpoint_that_was_cut_short_is_named_and_what_to_do(kept: int, tmp_path: Path):
    path = tmp_path / "c"
    save_checkpoint(sample(), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadCheckpoint, match=r"c is damaged: delete it, and `nas resume`"):
        load_checkpoint(path)


def test_another_file_of_torch_is_no_checkpoint(tmp_path: Path):
    torch.save({"weights": {}}, tmp_path / "c")
    with pytest.raises(BadCheckpoint):
        load_checkpoint(tmp_path / "c")
    torch.save([1, 2], tmp_path / "c")
    with pytest.raises(BadCheckpoint):
        load_checkpoint(tmp_path / "c")


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path):
    torch.save({"weights": Path.unlink}, tmp_path / "c")
    with pytest.raises(BadCheckpoint):
        load_checkpoint(tmp_path / "c")


def test_a_missing_checkpoint_is_an_error_of_the_disk(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "c")


def test_momentum_that_is_put_back_gives_the_same_next_step():
    def step(tensor: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        set_learning_rate(optimizer, 0.1)
        tensor.grad = torch.tensor([1.0, -2.0])
        optimizer.step()

    one = torch.zeros(2, requires_grad=True)
    first = sgd([one], [])
    step(one, first)
    other = one.detach().clone().requires_grad_()
    second = sgd([other], [])
    restore_momentum(second, [buffer.clone() for buffer in momentum_of(first)])
    step(one, first)
    step(other, second)
    assert torch.equal(one, other)


def test_momentum_of_another_network_is_refused():
    optimizer = sgd([torch.zeros(2, requires_grad=True)], [])
    with pytest.raises(ValueError, match="shorter"):
        restore_momentum(optimizer, [])
