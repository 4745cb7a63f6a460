import hashlib
import http.server
import socketserver
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nas.data.bad_data import BadData
from nas.data.download import cache_directory, fetch
from nas.data.load import load_dataset, load_test
from nas.data.published_idx import FASHION_MNIST, PublishedIdx
from tests.nas.data.samples import IDX_NAMES, write_idx

INSTALLED = FASHION_MNIST.installed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "budget-nas"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    write_idx(tmp_path / "served", packed=True)
    return tmp_path / "served"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(served: Path) -> Iterator[str]:
    with socketserver.TCPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def published(url: str, served: Path, installed: Path | None = None) -> PublishedIdx:
    names = [f"{name}.gz" for name in IDX_NAMES]
    checksums = tuple((name, hashlib.md5((served / name).read_bytes()).hexdigest()) for name in names)
    return PublishedIdx("shapes", ("round", "square"), url, checksums, installed)


def test_a_data_set_is_downloaded_over_http_and_kept(address: str, served: Path, cache: Path):
    source = published(address, served)
    dataset = load_dataset(source, seed=0)
    assert (dataset.name, dataset.classes, dataset.shape) == ("shapes", ("round", "square"), (4, 3, 1))
    assert sorted(path.name for path in (cache / "shapes").iterdir()) == sorted(f"{n}.gz" for n in IDX_NAMES)
    for path in served.iterdir():
        path.unlink()
    assert len(load_test(source, seed=0)) == 6


def test_files_that_a_package_installed_are_read_where_they_are(tmp_path: Path, served: Path, cache: Path):
    source = published((tmp_path / "nowhere").as_uri() + "/", served, installed=served)
    assert load_dataset(source, seed=0).shape == (4, 3, 1)
    assert not cache.exists()


def test_what_is_not_there_is_downloaded_although_a_package_could_have_installed_it(
    tmp_path: Path, served: Path
):
    source = published(served.as_uri() + "/", served, installed=tmp_path / "not_installed")
    assert len(load_test(source, seed=0)) == 6


def test_a_wrong_checksum_is_refused_and_leaves_nothing_behind(served: Path, cache: Path):
    url = (served / "train-images-idx3-ubyte.gz").as_uri()
    with pytest.raises(BadData, match=f"must have the MD5 checksum {'0' * 32}, but what came has"):
        fetch(url, "0" * 32, cache / "images.gz")
    assert list(cache.iterdir()) == []


def test_an_address_that_does_not_answer_says_what_else_to_do(address: str, cache: Path):
    with pytest.raises(BadData, match=r"cannot be downloaded .*404.* name their directory instead"):
        fetch(address + "absent.gz", "0" * 32, cache / "images.gz")
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_to_is_said_to_be(served: Path, cache: Path):
    cache.parent.mkdir()
    cache.write_text("a file where a directory should be")
    with pytest.raises(BadData, match="cannot be downloaded"):
        load_dataset(published(served.as_uri() + "/", served), seed=0)


def test_a_relative_cache_path_is_ignored_as_its_specification_demands(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_directory() == Path.home() / ".cache" / "budget-nas"


@pytest.mark.skipif(
    INSTALLED is None or not INSTALLED.is_dir(), reason="dataset-fashion-mnist is not installed"
)
def test_fashion_mnist_is_found_and_is_what_its_authors_describe():
    dataset, test = load_dataset(FASHION_MNIST, seed=0), load_test(FASHION_MNIST, seed=0)
    assert dataset.shape == test.shape == (28, 28, 1)
    # 60,000 training images, 6,000 of each of ten classes; 10,000 test images (arXiv:1708.07747, section 2).
    assert np.bincount(dataset.train.labels).tolist() == [5400] * 10
    assert np.bincount(dataset.validation.labels).tolist() == [600] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10
