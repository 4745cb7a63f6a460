import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest

from constraints.budget import Budget
from constraints.cost_models import LatencyModel
from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels
from constraints.target import BadTarget, list_targets, load_target, parse_target
from constraints.target_budget import UnanswerableBudget, budget_on

MINE = """
title = "My board"
core = "cortex-m4"
clock_hz = 80_000_000
ram_bytes = 65_536
flash_bytes = 262_144
latency_from = "cortex_m4"

[sources]
clock_hz = "my schematic"
ram_bytes = "datasheet, page 1"
flash_bytes = "datasheet, page 1"
"""


def numbers_without_source(text: str) -> list[str]:
    """Keys of numbers in a target's TOML that no source stands for, found without the loader."""
    table = tomllib.loads(text)
    sources = table.pop("sources", {})
    loose = [key for key, value in table.items() if isinstance(value, (int, float)) and not sources.get(key)]
    for part, errors in (("latency", "error_source"), ("energy", "source")):
        inner = table.get(part, {})
        for key, value in inner.items():
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if is_number and len(inner.get(errors if key.endswith("_error") else "source", "")) < 20:
                loose.append(key)
    return loose


def test_the_targets_that_are_promised_come_with_the_package():
    assert list_targets() == (
        "cortex_m0plus",
        "cortex_m4",
        "cortex_m7",
        "esp32s3",
        "ethos_u55_128",
        "ethos_u65_256",
        "ethos_u85_256",
        "host",
        "nrf52840",
        "nrf5340",
        "rp2040",
        "stm32f446",
        "stm32f746",
        "stm32g0b1_hale",
        "stm32h743",
        "stm32h7a3",
        "stm32h7a3_plumerai",
        "stm32h7a3_xcubeai",
        "stm32l4r5",
        "stm32l4r5_plumerai",
        "stm32l4r5_tflm2",
        "stm32l4r5_xcubeai",
    )


@pytest.mark.parametrize("name", list_targets())
def test_a_shipped_target_loads_with_a_source_for_every_number(name: str):
    text = resources.files("constraints.targets").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    assert numbers_without_source(text) == []
    assert load_target(name).name == name


def test_the_f446_has_the_memory_of_its_datasheet():
    target = load_target("stm32f446")
    assert (target.clock_hz, target.ram_bytes, target.flash_bytes) == (180_000_000, 128 * 1024, 512 * 1024)
    assert target.software_stack == "TFLM + CMSIS-NN"


def test_the_host_has_neither_sizes_nor_a_latency_model():
    host = load_target("host")
    assert (host.ram_bytes, host.flash_bytes, host.latency, host.energy) == (None, None, None, None)


def test_every_shipped_latency_model_has_all_constants_and_an_error_says_how_it_was_found():
    for name in list_targets():
        model = load_target(name).latency
        if model is not None:
            optional = {
                "median_error",
                "worst_error",
                "board_median_error",
                "board_worst_error",
                "error_source",
            }
            values = [
                getattr(model, entry.name) for entry in fields(LatencyModel) if entry.name not in optional
            ]
            assert None not in values
            assert "" not in values
            assert (model.worst_error is None) == (model.error_source == "")
            assert model.worst_error is None or model.worst_error >= (model.median_error or 0)


def test_different_stacks_of_one_board_are_different_models():
    stacks = ("stm32l4r5", "stm32l4r5_tflm2", "stm32l4r5_xcubeai", "stm32l4r5_plumerai")
    targets = [load_target(name) for name in stacks]
    assert len({target.latency for target in targets}) == 4
    assert len({(target.clock_hz, target.ram_bytes, target.flash_bytes) for target in targets}) == 1
    assert [target.kernels.library.value for target in targets] == ["cmsis-nn", "cmsis-nn", "other", "other"]


def test_a_stack_that_leaves_out_constant_channels_says_so():
    flags = {name: load_target(name).latency for name in ("stm32l4r5", "stm32l4r5_xcubeai")}
    assert {name: model and model.drops_constant_channels for name, model in flags.items()} == {
        "stm32l4r5": False,
        "stm32l4r5_xcubeai": True,
    }


@pytest.mark.parametrize(
    ("core", "kernels"),
    [
        ("host", HOST),
        ("cortex-m0plus", Kernels(KernelLibrary.CMSIS_NN, Instructions.SCALAR, 4)),
        ("cortex-m3", Kernels(KernelLibrary.CMSIS_NN, Instructions.SCALAR, 4)),
        ("cortex-m4", Kernels(KernelLibrary.CMSIS_NN, Instructions.DSP, 4)),
        ("cortex-m7", Kernels(KernelLibrary.CMSIS_NN, Instructions.DSP, 4)),
        ("cortex-m33", Kernels(KernelLibrary.CMSIS_NN, Instructions.DSP, 4)),
        ("cortex-m52", Kernels(KernelLibrary.CMSIS_NN, Instructions.MVE, 4)),
        ("cortex-m55", Kernels(KernelLibrary.CMSIS_NN, Instructions.MVE, 4)),
        ("cortex-m85", Kernels(KernelLibrary.CMSIS_NN, Instructions.MVE, 4)),
        ("xtensa-lx7", Kernels(KernelLibrary.OTHER, Instructions.SCALAR, 4)),
    ],
)
def test_kernels_follow_from_the_core_where_the_file_names_none(core: str, kernels: Kernels):
    assert parse_target("mine", MINE.replace("cortex-m4", core, 1)).kernels == kernels


def test_kernels_that_the_file_names_are_taken():
    mine = parse_target("mine", 'kernels = "reference"' + MINE)
    assert mine.kernels == Kernels(KernelLibrary.REFERENCE, Instructions.DSP, 4)
    assert mine.kernels.overlaps


def test_an_unknown_target_is_answered_with_the_nearest_names():
    with pytest.raises(BadTarget, match=r"no target 'stm32f466': did you mean .*stm32f446"):
        load_target("stm32f466")


def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path: Path):
    path = tmp_path / "my_board.toml"
    path.write_text(MINE, encoding="utf-8")
    target = load_target(path)
    assert (target.name, target.ram_bytes, target.sources["clock_hz"]) == ("my_board", 65_536, "my schematic")
    assert target.latency == load_target("cortex_m4").latency


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(BadTarget, match=r"absent\.toml cannot be read"):
        load_target(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ram_bytes = 65_536", "ram_byte = 65_536", "unknown key 'ram_byte', did you mean ram_bytes"),
        (
            "ram_bytes = 65_536",
            'ram_bytes = "64KB"',
            "ram_bytes must be a whole number above zero, got '64KB'",
        ),
        ("ram_bytes = 65_536", "ram_bytes = 0", "ram_bytes must be a whole number above zero, got 0"),
        ('ram_bytes = "datasheet, page 1"', "", r"\[sources\]: ram_bytes must be a text, got nothing"),
        ('title = "My board"', "", "title must be a text, got nothing"),
        ("clock_hz = 80_000_000", "", "a latency model needs clock_hz"),
        ('latency_from = "cortex_m4"', 'latency_from = "cortex_m5"', "no target 'cortex_m5': did you mean"),
        ('latency_from = "cortex_m4"', "latency = 3", "latency must be a table, got 3"),
        ("title =", "title", "is not TOML"),
        (
            "title =",
            'kernels = "cmsis"\ntitle =',
            "kernels must be one of reference, cmsis-nn, other, got 'cmsis'",
        ),
        ("title =", "kernels = 3\ntitle =", "kernels must be a text, got 3"),
        ("[sources]", '[vela]\naccelerator = "a"\n[sources]', "with .vela. the compiler estimates latency"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_says_what_to_change(old: str, new: str, message: str):
    assert old in MINE
    with pytest.raises(BadTarget, match=message):
        parse_target("mine", MINE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("latency", "message"),
    [
        ('source = "x"\nconv_cycles_per_mac = 1.0', r"\[latency\]: software_stack must be a text"),
        ('software_stack = "y"\nconv_cycles_per_mac = 1.0', r"\[latency\]: source must be a text"),
        (
            'software_stack = "y"\nsource = "x"\nconv_cycles = 1.0',
            "unknown key 'conv_cycles', did you mean conv",
        ),
        (
            'software_stack = "y"\nsource = "x"\nconv_cycles_per_mac = -1',
            "must be a number of 0 or more, got -1",
        ),
        ('software_stack = "y"\nsource = "x"\nconv_cycles_per_mac = nan', "must be a number of 0 or more"),
        ('software_stack = "y"\nsource = "x"\nworst_error = 0.1', "errors need an error_source"),
        ('software_stack = "y"\nsource = "x"\nboard_worst_error = 0.1', "errors need an error_source"),
        (
            'software_stack = "y"\nsource = "x"\ndrops_constant_channels = 1',
            "drops_constant_channels must be true or false, got 1",
        ),
    ],
)
def test_a_latency_model_needs_its_source_and_known_numbers(latency: str, message: str):
    own = MINE.replace('latency_from = "cortex_m4"', "") + "\n[latency]\n" + latency
    with pytest.raises(BadTarget, match=message):
        parse_target("mine", own)


NPU = """
title = "My NPU board"
core = "ethos-u55-128"
kernels = "other"

[vela]
accelerator = "ethos-u55-128"
system_config = "Ethos_U55_High_End_Embedded"
memory_mode = "Shared_Sram"
source = "my schematic"
"""


def test_a_neural_processor_of_ones_own_is_loaded():
    mine = parse_target("mine", NPU)
    assert mine.vela is not None
    assert mine.vela.memory_mode == "Shared_Sram"
    assert mine.latency is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("memory_mode", "memory", r"\[vela\]: unknown key 'memory', did you mean memory_mode"),
        ('memory_mode = "Shared_Sram"', "", r"\[vela\]: memory_mode must be a text, got nothing"),
        (
            "Ethos_U55_High",
            "Ethos_U85_High",
            "needs a system_config that begins with Ethos_U55, got 'Ethos_U85",
        ),
    ],
)
def test_a_neural_processor_that_is_not_as_it_must_be_says_what_to_change(old: str, new: str, message: str):
    assert old in NPU
    with pytest.raises(BadTarget, match=message):
        parse_target("mine", NPU.replace(old, new, 1))


@pytest.mark.parametrize("budget", [Budget(latency_ms=40.0), Budget(energy_uj=500.0)])
def test_a_time_budget_on_a_neural_processor_is_refused_with_what_to_do(budget: Budget):
    with pytest.raises(UnanswerableBudget, match="only compiling a network with Vela tells its latency"):
        budget_on(load_target("ethos_u55_128"), budget)


def test_a_budget_takes_the_memory_of_the_target_where_it_sets_none():
    budget = budget_on(load_target("stm32f446"), Budget(activations_bytes=12_600, latency_ms=40.0))
    assert budget == Budget(12_600, 131_072, 524_288, 40.0)


def test_a_budget_above_the_memory_of_the_target_is_refused():
    with pytest.raises(UnanswerableBudget) as error:
        budget_on(load_target("stm32f446"), Budget(ram_bytes=262_144))
    assert str(error.value) == (
        "target stm32f446 has 131,072 B for ram, the budget is 262,144 B: "
        "lower the budget or choose a larger target"
    )


@pytest.mark.parametrize("budget", [Budget(latency_ms=40.0), Budget(energy_uj=500.0)])
def test_a_time_or_energy_budget_on_a_target_without_its_model_is_refused(budget: Budget):
    with pytest.raises(UnanswerableBudget, match=r"target host has no (latency|energy) model: leave the"):
        budget_on(load_target("host"), budget)
