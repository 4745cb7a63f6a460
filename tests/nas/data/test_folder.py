import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nas.data.bad_data import BadData
from nas.data.folder import ImageFolder
from nas.data.folder_listing import list_folder
from nas.data.load import load_dataset, load_test
from tests.nas.data.samples import write_folder, write_image


def values_of(pixels: np.ndarray) -> list[int]:
    """The one value of each image that `write_folder` wrote."""
    return sorted(pixels[:, 0, 0, 0].tolist())


def test_sub_folders_are_classes_and_their_images_are_shared_out_once_each(tmp_path: Path):
    write_folder(tmp_path / "pets", count=10)
    source = ImageFolder(tmp_path / "pets")
    dataset, test = load_dataset(source, seed=0), load_test(source, seed=0)
    assert (dataset.name, dataset.classes, dataset.shape) == ("pets", ("cat", "dog"), (16, 16, 1))
    assert [len(part) for part in (dataset.train, dataset.validation, test)] == [14, 2, 4]
    shares = [values_of(part.pixels) for part in (dataset.train, dataset.validation, test)]
    assert sorted(itertools.chain(*shares)) == [*range(10), *range(40, 50)]
    assert (dataset.train.pixels[:, 0, 0, 0] >= 40).tolist() == (dataset.train.labels == 1).tolist()


def test_the_seed_of_a_search_does_not_move_the_test(tmp_path: Path):
    write_folder(tmp_path, count=20)
    one, two = (load_test(ImageFolder(tmp_path), seed) for seed in (1, 2))
    assert np.array_equal(one.pixels, two.pixels)


def test_train_and_test_folders_are_the_splits(tmp_path: Path):
    write_folder(tmp_path / "Train", count=8)
    write_folder(tmp_path / "test", count=3)
    dataset, test = load_dataset(ImageFolder(tmp_path), seed=0), load_test(ImageFolder(tmp_path), seed=0)
    assert values_of(np.concatenate([dataset.train.pixels, dataset.validation.pixels])) == [
        *range(8),
        *range(40, 48),
    ]
    assert values_of(test.pixels) == [0, 1, 2, 40, 41, 42]


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_folder_is_the_validation_whatever_the_seed(tmp_path: Path, name: str):
    write_folder(tmp_path / "train", count=8)
    write_folder(tmp_path / name, count=2)
    write_folder(tmp_path / "test", count=3)
    for seed in (1, 2):
        dataset = load_dataset(ImageFolder(tmp_path), seed)
        assert (len(dataset.train), values_of(dataset.validation.pixels)) == (16, [0, 1, 40, 41])


def test_without_a_test_folder_the_test_comes_out_of_train(tmp_path: Path):
    write_folder(tmp_path / "train", count=10)
    write_folder(tmp_path / "val", count=2)
    dataset, test = load_dataset(ImageFolder(tmp_path), seed=0), load_test(ImageFolder(tmp_path), seed=0)
    assert [len(part) for part in (dataset.train, dataset.validation, test)] == [16, 4, 4]
    assert not set(values_of(dataset.train.pixels)) & set(values_of(test.pixels))


def test_train_and_bus_are_classes_of_vehicles(tmp_path: Path):
    write_folder(tmp_path, classes=("bus", "train"))
    assert load_dataset(ImageFolder(tmp_path), seed=0).classes == ("bus", "train")


@pytest.mark.parametrize(
    ("written", "shape"), [(16, 16), (20, 24), (28, 32), (5, 8), (3, 8), (100, 96), (200, 96)]
)
def test_the_default_side_is_the_median_to_a_multiple_of_8_and_at_most_96(
    tmp_path: Path, written: int, shape: int
):
    write_folder(tmp_path, count=3, side=written)
    assert load_dataset(ImageFolder(tmp_path), seed=0).shape == (shape, shape, 1)


def test_pictures_of_many_shapes_are_stretched_to_the_size_asked_for(tmp_path: Path):
    write_folder(tmp_path, count=4)
    write_image(tmp_path / "cat" / "wide.png", 10, width=50, height=7)
    dataset = load_dataset(ImageFolder(tmp_path, size=12), seed=0)
    assert dataset.shape == (12, 12, 1)
    assert (dataset.preprocessing.size, dataset.preprocessing.colour_mode) == ((12, 12), "grey")


def test_one_colour_picture_among_grey_ones_makes_all_of_them_colour(tmp_path: Path):
    write_folder(tmp_path / "train", count=4)
    write_folder(tmp_path / "test", count=1)
    write_image(tmp_path / "train" / "cat" / "red.png", (250, 3, 4))
    write_image(tmp_path / "train" / "cat" / "red_too.png", (250, 3, 4))
    dataset = load_dataset(ImageFolder(tmp_path), seed=0)
    assert dataset.preprocessing.colour_mode == "RGB"
    assert dataset.shape == load_test(ImageFolder(tmp_path), seed=0).shape == (16, 16, 3)
    assert [250, 3, 4] in dataset.train.pixels[:, 0, 0].tolist()


def test_sixteen_bits_are_scaled_to_eight_and_not_clipped(tmp_path: Path):
    for name, value in (("dark", 0x1000), ("light", 0x8000)):
        for number in range(3):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(np.full((8, 8), value, np.uint16)).save(tmp_path / name / f"{number}.png")
    dataset = load_dataset(ImageFolder(tmp_path), seed=0)
    assert dataset.shape == (8, 8, 1)
    assert dict(
        zip(dataset.train.labels.tolist(), dataset.train.pixels[:, 0, 0, 0].tolist(), strict=True)
    ) == {
        0: 0x10,
        1: 0x80,
    }


def test_a_photograph_is_turned_upright_by_its_exif_tag(tmp_path: Path):
    write_folder(tmp_path, count=4)
    # Dark on top, then stored lying on its side: tag 0x0112 = 6 says that it has to be turned by 90 degrees.
    upright = Image.fromarray(np.repeat([[0], [255]], 8, axis=0).repeat(16, axis=1).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("x.jpg", "y.jpg", "z.jpg"):
        upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "cat" / name, exif=exif, quality=95)
    pixels = load_dataset(ImageFolder(tmp_path), seed=0).train.pixels
    photographs = pixels[pixels.max(axis=(1, 2, 3)) > 200]
    assert len(photographs) >= 1
    assert photographs[:, :7].max() < 60
    assert photographs[:, 9:].min() > 200


def test_files_that_are_no_images_and_hidden_ones_are_passed_over(tmp_path: Path):
    write_folder(tmp_path)
    expected = load_dataset(ImageFolder(tmp_path), seed=0)
    for junk in ("Thumbs.db", ".DS_Store", "._0.png", "notes.txt"):
        (tmp_path / "cat" / junk).write_bytes(b"junk")
    (tmp_path / "readme.png").write_bytes(b"junk")
    for folder in ("__MACOSX", ".ipynb_checkpoints"):
        (tmp_path / folder).mkdir()
    dataset = load_dataset(ImageFolder(tmp_path), seed=0)
    assert dataset.classes == expected.classes
    assert np.array_equal(dataset.train.pixels, expected.train.pixels)


def test_images_further_down_belong_to_their_class(tmp_path: Path):
    write_folder(tmp_path)
    write_image(tmp_path / "cat" / "siamese" / "deep.PNG", 99)
    dataset, test = load_dataset(ImageFolder(tmp_path), seed=0), load_test(ImageFolder(tmp_path), seed=0)
    assert len(dataset.train) + len(dataset.validation) + len(test) == 13


def test_the_order_is_that_of_the_names(tmp_path: Path):
    write_folder(tmp_path / "train", count=30)
    write_folder(tmp_path / "test", count=30)
    listing = list_folder(tmp_path)
    expected = [f"{name}/{file}" for name in ("cat", "dog") for file in sorted(f"{n}.png" for n in range(30))]
    for part, files in (("train", listing.train), ("test", listing.test)):
        assert [path.relative_to(tmp_path / part).as_posix() for path in files.paths] == expected


def test_an_empty_class_is_named(tmp_path: Path):
    write_folder(tmp_path)
    (tmp_path / "emu").mkdir()
    (tmp_path / "emu" / "Thumbs.db").write_bytes(b"")
    with pytest.raises(BadData, match=r"class folder .*emu holds no image"):
        load_dataset(ImageFolder(tmp_path), seed=0)


@pytest.mark.parametrize(("classes", "found"), [(("cat",), "only 'cat'"), ((), "none")])
def test_fewer_than_two_classes_are_refused(tmp_path: Path, classes: tuple[str, ...], found: str):
    write_folder(tmp_path, classes=classes)
    with pytest.raises(BadData, match=f"at least two sub-folders, one a class, but holds {found}"):
        load_dataset(ImageFolder(tmp_path), seed=0)


def test_a_class_with_too_few_images_is_named(tmp_path: Path):
    write_folder(tmp_path)
    write_image(tmp_path / "emu" / "0.png", 1)
    with pytest.raises(BadData, match="class 'emu' has 1 image to split where at least 3"):
        load_dataset(ImageFolder(tmp_path), seed=0)


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("junk", [b"", b"this is no picture", b"\x89PNG\r\n\x1a\n" + bytes(30)])
def test_a_file_that_is_no_picture_is_named_before_the_search(tmp_path: Path, part: str, junk: bytes):
    write_folder(tmp_path / "train")
    write_folder(tmp_path / "test")
    (tmp_path / part / "dog" / "broken.png").write_bytes(junk)
    with pytest.raises(BadData, match=r"image file .*broken\.png is damaged"):
        load_dataset(ImageFolder(tmp_path), seed=0)


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_picture_that_is_cut_short_is_named(tmp_path: Path, ending: str):
    write_folder(tmp_path / "train")
    write_folder(tmp_path / "test")
    path = tmp_path / "train" / "dog" / f"broken.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(BadData, match=rf"image file .*broken\.{ending} is damaged"):
        load_dataset(ImageFolder(tmp_path), seed=0)


def test_pixels_of_32_bits_are_refused(tmp_path: Path):
    write_folder(tmp_path / "train")
    write_folder(tmp_path / "test")
    Image.fromarray(np.zeros((8, 8), np.float32)).save(tmp_path / "train" / "dog" / "depth.tiff")
    with pytest.raises(BadData, match=r"depth\.tiff must have pixels of 8 or 16 bits"):
        load_dataset(ImageFolder(tmp_path), seed=0)


def test_train_and_test_must_have_the_same_classes(tmp_path: Path):
    write_folder(tmp_path / "train", classes=("cat", "dog"))
    write_folder(tmp_path / "test", classes=("cat", "emu"))
    with pytest.raises(BadData, match=r"same class folders as the training part.*: dog, emu$"):
        load_dataset(ImageFolder(tmp_path), seed=0)


def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path):
    with pytest.raises(BadData, match="must be a folder that can be read"):
        load_dataset(ImageFolder(tmp_path / "gone"), seed=0)
