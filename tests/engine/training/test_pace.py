from engine.training.pace import Pace


def test_the_first_report_is_due_at_once_and_then_one_a_period():
    now = [100.0]
    pace = Pace(0.25, clock=lambda: now[0])
    due = []
    for _ in range(10):
        due.append(pace.due())
        now[0] += 0.1
    assert due == [True, False, False, True, False, False, True, False, False, True]


def test_a_long_run_speaks_ever_more_rarely_so_that_its_curves_stay_small():
    now = [0.0]
    pace = Pace(0.25, clock=lambda: now[0])
    reports = 0
    for _ in range(24 * 3600 * 4):
        reports += pace.due()
        now[0] += 0.25
    assert 8_000 < reports < 15_000
