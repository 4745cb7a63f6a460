import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nas.data.bad_data import BadData
from nas.data.idx import read_idx, read_idx_shape
from tests.nas.data.samples import idx_bytes


@given(array=arrays.arrays(np.uint8, arrays.array_shapes(min_dims=3, max_dims=3)), packed=st.booleans())
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, *, array: np.ndarray, packed: bool
):
    path = tmp_path_factory.mktemp("idx") / "images"
    raw = idx_bytes(array)
    path.write_bytes(gzip.compress(raw) if packed else raw)
    assert np.array_equal(read_idx(path, 3), array)
    assert read_idx_shape(path, 3) == array.shape


def test_the_array_can_be_written_to(tmp_path: Path):
    (tmp_path / "labels").write_bytes(idx_bytes(np.array([1, 2])))
    assert read_idx(tmp_path / "labels", 1).flags.writeable


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "but begins with nothing"),
        (b"\x89PNG" + bytes(20), "must begin with the bytes 00 00 08 01 .* but begins with 89 50 4e 47"),
        (idx_bytes(np.zeros((2, 2, 2))), "1 dimensions.*but begins with 00 00 08 03"),
        (b"\0\0\x08\x01\0\0", "ends within its header"),
        (idx_bytes(np.zeros(5))[:-1], "must hold 5 bytes of data as its header states, but holds 4"),
        (idx_bytes(np.zeros(5)) + b"!", "must hold 5 bytes of data as its header states, but holds 6"),
        (gzip.compress(idx_bytes(np.zeros(500)))[:-9], "labels cannot be read .* cut short or damaged"),
        (
            gzip.compress(idx_bytes(np.zeros(5)))[:12] + bytes(20),
            "labels cannot be read .* cut short or damaged",
        ),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(tmp_path: Path, raw: bytes, message: str):
    (tmp_path / "labels").write_bytes(raw)
    with pytest.raises(BadData, match=message):
        read_idx(tmp_path / "labels", 1)
