import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from nas.calibration import Anchor, Sizes
from nas.networks.weight_bank import WeightBank
from nas.problem import pose
from nas.scores import trained
from nas.scores.context import ScoringContext
from nas.scores.rule import ScoreOf
from search_spaces.lowering import lower
from search_spaces.presets.tiny_images import space
from studies.bench_ranking import main
from studies.ranking import proxies, rules, ways
from studies.ranking.judged import judge, reference_agreement
from studies.ranking.networks import EQUAL_WITHIN, Ranked, genotype_of, read_networks, write_networks
from studies.ranking.reference import SEEDS, STEPS, Look, Trained, final_losses, read_reference
from studies.ranking.rules import Ruled, by_rule
from studies.ranking.scores import Contender, Scored, Shared, lacking, measure, read_scores
from tests.nas.small_study import small_study
from tests.nas.training.lessons import one_network, stream, validation_images

NETWORKS = [Ranked("spread", f"s{n}", (n,), 100 * n, 50 - n, n) for n in range(1, 6)] + [
    Ranked("equal", f"e{n}", (n,), 1000, 900, 0) for n in range(3)
]


def reference(losses: dict[str, float], seed: int) -> list[Trained]:
    return [Trained(one, seed, (Look(10, loss, 1 - loss),), 1.0) for one, loss in losses.items()]


LOSSES = {"s1": 0.9, "s2": 0.8, "s3": 0.7, "s4": 0.6, "s5": 0.5, "e0": 0.3, "e1": 0.2, "e2": 0.1}


def scored(way: str, losses: dict[str, float], seed: int = 0) -> list[Scored]:
    return [Scored(way, seed, one, loss, 0.0, 60.0, 120.0) for one, loss in losses.items()]


def test_the_kept_networks_are_those_of_the_space_and_as_large_as_they_say():
    networks = read_networks()
    fashion = space((28, 28, 1), 10)
    assert len({one.digest for one in networks}) == len(networks) >= 60
    for one in networks:
        assert fashion.digest(genotype_of(one)) == one.digest
        assert Sizes.of(lower(fashion, genotype_of(one))) == one.sizes


def test_networks_of_one_size_are_within_a_twentieth_and_the_others_spread_over_a_hundredfold():
    equal, spread = ([one for one in read_networks() if one.group == name] for name in ("equal", "spread"))
    assert len(equal) >= 20
    assert len(spread) >= 40
    for sizes in ([one.parameters for one in equal], [one.macs for one in equal]):
        assert max(sizes) <= (1 + EQUAL_WITHIN) * min(sizes)
    assert max(one.macs for one in spread) > 100 * min(one.macs for one in spread)


def test_networks_are_read_as_they_were_written(tmp_path: Path):
    write_networks(NETWORKS, tmp_path / "networks.json")
    assert read_networks(tmp_path / "networks.json") == NETWORKS


def test_a_way_that_ranks_as_the_reference_does_has_a_tau_of_1_and_one_that_turns_it_round_of_minus_1():
    rows = [*scored("right", LOSSES), *scored("wrong", {one: -loss for one, loss in LOSSES.items()})]
    judged = {one.way: one for one in judge(NETWORKS, reference(LOSSES, 0), rows)}
    right, wrong = judged["right"], judged["wrong"]
    assert (right.tau, right.tau_equal_size, right.top5_regret) == pytest.approx((1, 1, 0))
    assert (wrong.tau, wrong.tau_equal_size) == pytest.approx((-1, -1))
    assert judged["wrong"].top5_regret == pytest.approx(0.4)  # its best has 0.5 where there is 0.9
    assert judged["parameters"].tau == pytest.approx(1)
    assert judged["MACs"].tau == pytest.approx(-1)


def test_what_all_networks_share_is_counted_once():
    judged = {one.way: one for one in judge(NETWORKS, reference(LOSSES, 0), scored("way", LOSSES))}
    assert judged["way"].core_minutes == len(NETWORKS) + 2
    assert judged["parameters"].core_minutes == 0


def test_rows_that_started_from_different_shared_weights_are_refused():
    rows = scored("way", LOSSES)
    mixed = [*rows[:-1], replace(rows[-1], shared_seconds=7.0)]
    with pytest.raises(ValueError, match="'way' with seed 0 are of several supernets"):
        judge(NETWORKS, reference(LOSSES, 0), mixed)


def test_scores_and_reference_start_from_different_random_weights():
    assert not {*ways.SEEDS} & {*SEEDS}


def test_a_way_that_has_not_scored_all_networks_is_not_judged():
    part = {one: loss for one, loss in LOSSES.items() if one != "s3"}
    judged = judge(NETWORKS, reference(LOSSES, 0), scored("half", part))
    assert [one.way for one in judged] == ["parameters", "MACs"]


def test_a_network_without_a_loss_is_held_for_the_worst():
    broken = {**LOSSES, "e2": float("nan")}
    (way,) = (one for one in judge(NETWORKS, reference(LOSSES, 0), scored("way", broken)) if one.way == "way")
    assert way.tau_equal_size == pytest.approx(-1 / 3)  # of three pairs only e1 before e0 is right


def test_the_reference_is_the_mean_of_its_seeds_and_their_agreement_is_shown():
    turned = {one: 1 - loss for one, loss in LOSSES.items()}
    rows = [*reference(LOSSES, 0), *reference(turned, 1)]
    assert set(final_losses(rows).values()) == {0.5}
    agreement = reference_agreement(NETWORKS, rows)
    assert (agreement.spread, agreement.equal) == pytest.approx((-1, -1))


def test_only_what_is_lacking_is_measured(tmp_path: Path):
    path = tmp_path / "scores.jsonl"
    contenders = [Contender(name, one_network()) for name in ("a", "b", "c")]
    context = ScoringContext(WeightBank({}), stream(), validation_images(), 2)
    measure(Shared("short", 5.0), trained.score, context, contenders[:2], "inline", path)
    before = read_scores(path)
    assert [one.digest for one in lacking("short", 0, contenders, path)] == ["c"]
    assert len(lacking("short", 1, contenders, path)) == len(lacking("long", 0, contenders, path)) == 3
    measure(Shared("short", 5.0), trained.score, context, contenders, "inline", path)
    after = read_scores(path)
    assert after[:2] == before
    assert [row.digest for row in after] == ["a", "b", "c"]
    assert all(row.shared_seconds == 5.0 and row.seconds > 0 for row in after)


@pytest.mark.parametrize(
    "proxy",
    [proxies.gradient_norm, proxies.snip, proxies.synflow, proxies.naswot],
    ids=lambda one: one.__name__,
)
def test_a_proxy_is_a_number_and_the_same_every_time(proxy: ScoreOf):
    context = ScoringContext(WeightBank({}), stream(), validation_images())
    first, second = (proxy(context, one_network()) for _ in range(2))
    assert first == second
    assert first.loss < 0


def test_every_kept_training_went_to_its_end():
    digests = {one.digest for one in read_networks()}
    for row in read_reference():
        assert row.digest in digests
        assert row.looks[-1].step == STEPS
        assert 0 < row.looks[-1].loss < row.looks[0].loss


def test_what_is_kept_is_printed_without_measuring():
    result = CliRunner().invoke(main, ["--json"], catch_exceptions=False)
    figures = json.loads(result.stdout)
    assert {"reference_tau", "tau", "tau_equal_size", "top5_regret", "core_minutes"} <= set(figures)
    assert {"parameters", "MACs"} <= set(figures["tau"])


def test_a_rule_sees_sizes_where_the_score_alone_is_blind():
    def anchor(number: int) -> Anchor:
        return Anchor(str(number), 1.0, Sizes(1000, 900, number), 1.0 / (number + 1))

    kept = [Ruled("blind", 0, tuple(anchor(number) for number in range(8)), 60.0)]
    blind = scored("blind", dict.fromkeys(LOSSES, 1.0))
    judged = judge(NETWORKS[:5], reference(LOSSES, 0), by_rule(blind, kept, NETWORKS))
    (way,) = (one for one in judged if one.way == "blind, by the rule")
    assert way.tau > 0.9  # adds order these five
    assert way.core_minutes == len(NETWORKS) + 2 + 1  # the anchors' minute comes on top


def test_the_anchors_of_a_way_are_chosen_scored_and_trained_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rules, "STEPS", 2)
    problem, path = pose(small_study()), tmp_path / "anchors.jsonl"
    context = ScoringContext(WeightBank({}), problem.stream(), problem.validation_images().first(50), 1)
    for _ in range(2):
        rules.measure_rule(problem, "short, alone", "trained", context, "inline", tmp_path, path)
    (row,) = rules.read_rules(path)
    assert (row.way, row.seed, len(row.anchors)) == ("short, alone", problem.stream().seed, 14)
    assert row.seconds > 0
    assert all(anchor.scored_loss > 0 and anchor.trained_loss > 0 for anchor in row.anchors)
