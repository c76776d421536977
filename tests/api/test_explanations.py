"""By REST a figure explains itself as on its page, to whoever may see it there."""

from dataclasses import asdict

import pytest
from django.urls import reverse


@pytest.fixture
def read(sign_in, manager):
    def at(of, code=200, user=manager, **query):
        answer = sign_in(user).get("/api/v1/explanations/", {"of": of, **query})
        assert answer.status_code == code, answer.json()
        return answer.json()

    return at


def shown(client, address, **query):
    return client.get(address, query).context["explanation"]


def test_a_figure_is_explained_as_by_the_dialog_of_its_page(read, sign_in, manager, project, budget):
    line = budget.lines.first()
    for address in ("/explain/money/planned/", f"/explain/money/planned/?project={project.key}",
                    f"/explain/budget-line/{line.pk}/", f"/explain/health/{project.key}/"):  # fmt: skip
        told, page = read(address), sign_in(manager).get(address).context["explanation"]
        assert told["title"] == page.title
        assert told["terms"] == [asdict(term) for term in page.terms]
        assert [(fact["label"], fact["text"], fact["url"]) for fact in told["facts"]] == [
            (fact.label, fact.text, fact.url) for fact in page.facts
        ]
        assert told["note"] == page.note


def test_it_says_where_the_next_explanation_is(read, budget):
    told = read(reverse("explain", args=["budget", budget.pk]))
    of = [fact["of"] for fact in told["facts"] if fact["of"]]
    assert of
    assert all(read(address)["title"] for address in of)


@pytest.mark.parametrize(
    "of", ["/explain/money/nothing/", "/money/", "/nowhere/", "explain", "//[", "/explain/value/x/", "/sign-out/"]
)
def test_what_is_no_figure_is_not_there(of, read):
    assert read(of, 404)["code"] == "not_found"


def test_the_figure_must_be_named(read):
    (fault,) = read("", 422)["errors"]
    assert (fault["field"], fault["code"]) == ("of", "required")


def test_a_past_day_is_told_in_either_place_and_refused_where_it_cannot_be_shown(read, project):
    assert read("/explain/money/planned/", as_of="2026-03-02")["on"] == "2026-03-02"
    assert read("/explain/money/planned/?as_of=2026-03-02")["on"] == "2026-03-02"
    for of, query in (("/explain/money/planned/", {"as_of": "soon"}), ("/explain/money/planned/?as_of=soon", {})):
        assert read(of, 422, **query)["errors"][0]["field"] == "as_of"


def test_who_may_not_see_a_figure_gets_no_explanation(read, stranger, project, budget):
    for of in (
        f"/explain/budget/{budget.pk}/",
        f"/explain/health/{project.key}/",
        "/explain/money/planned/?project=TRI",
    ):
        assert read(of, 404, user=stranger)["code"] == "not_found"
