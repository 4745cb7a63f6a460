import json

from tests.nas.command import nas


def test_targets_are_listed_for_people_and_for_programs() -> None:
    rows = json.loads(nas("targets", "--json").stdout)
    shown = nas("targets").stdout
    assert {"stm32f446", "rp2040", "host"} <= {row["name"] for row in rows}
    assert all(row["name"] in shown for row in rows)
    assert all(row["sources"].keys() >= {"ram_bytes"} for row in rows if row["ram_bytes"] is not None)
