from engine import shared_memory


def test_what_an_attempt_left_is_removed_and_what_others_hold_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_memory, "FOLDER", tmp_path)
    monkeypatch.setenv("JOB_ID", "a-job")
    for fence in ("1", "10"):
        monkeypatch.setenv("FENCE", fence)
        shared_memory.shared_path("pictures").write_text("held")
    shared_memory.remove_shared("a-job", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["throughline-a-job-10.pictures"]


def test_outside_a_job_the_name_holds_the_process(tmp_path, monkeypatch):
    monkeypatch.delenv("JOB_ID", raising=False)
    monkeypatch.delenv("FENCE", raising=False)
    assert shared_memory.shared_path("pictures").name.startswith("throughline-pid")
