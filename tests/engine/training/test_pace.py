from engine.training.pace import Pace


def test_the_first_report_is_due_at_once_and_then_one_a_period():
    now = [100.0]
    pace = Pace(0.25, clock=lambda: now[0])
    due = []
    for _ in range(10):
        due.append(pace.due())
        now[0] += 0.1
    assert due == [True, False, False, True, False, False, True, False, False, True]
