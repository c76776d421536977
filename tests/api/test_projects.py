"""A project is corrected by REST: what is left out stays."""


def test_only_what_is_sent_changes(api, manager, project):
    answer = api(manager).post("/api/v1/projects/TRI/change/", {"due_on": None, "summary": "Short"})
    assert answer.status_code == 200
    assert (answer.json()["summary"], answer.json()["title"]) == ("Short", project.title)


def test_a_team_is_sent_whole_and_keeps_its_lead(api, manager, project, make_user):
    make_user("nina.new", "engineer")
    answer = api(manager).post("/api/v1/projects/TRI/change/", {"members": ["nina.new"]})
    assert sorted(answer.json()["members"]) == sorted(["nina.new", project.lead.username])


def test_a_day_before_the_beginning_is_refused_at_its_field(api, manager, project):
    answer = api(manager).post("/api/v1/projects/TRI/change/", {"due_on": "2001-01-01"})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["due_on"]
