from engine.compression.benchmark import calls_per_turn, one_round, speedup


def test_a_slower_arm_gets_fewer_calls_for_the_same_turn():
    calls = calls_per_turn({"fast": lambda: None, "slow": lambda: sum(range(20_000))})
    assert calls["fast"] > calls["slow"] >= 1


def test_the_arms_take_turns_and_the_order_turns_round():
    order = []
    arms = {name: lambda name=name: order.append(name) for name in "ab"}
    one_round(arms, {"a": 2, "b": 1}, backwards=False)
    one_round(arms, {"a": 2, "b": 1}, backwards=True)
    assert order == ["a", "a", "b", "b", "a", "a"]


def test_the_speedup_is_the_median_of_the_ratios_within_each_round():
    rounds = [{"a": 1.0, "b": 2.0}, {"a": 10.0, "b": 30.0}, {"a": 1.0, "b": 0.5}]
    ratio = speedup(rounds, of="a", over="b")
    assert (ratio.median, ratio.lowest, ratio.highest) == (2.0, 0.5, 3.0)
    assert ratio.share_above_one == 2 / 3
