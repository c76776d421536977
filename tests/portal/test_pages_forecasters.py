"""The page that says whose forecasts came true."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outcomes.forecasters import Forecaster, Score
from outcomes.services import promise_benefit, realise_benefit
from portal.boards import unchanged
from portal.boards.board import figure_json
from portal.boards.charts.forecasters import ErrorBars, error_bars
from portal.boards.forecasters import MOST_BARS, benefit_question, sentence_of, stage_question

AT = datetime(2026, 1, 15, 9, tzinfo=UTC)
FEW = Score(1, None, "Only 1 forecast has come due; 3 are needed.")


@pytest.fixture
def promised(project):
    """Somebody's benefit of three months, of which each brought so much of the 1,000 that were promised."""

    def one(owner, actual, name="Sorting"):
        months = [date(2025, month, 1) for month in (10, 11, 12)]
        benefit = promise_benefit(project=project, name=name, kind="cashable", owner=owner, currency="EUR",
                                  plan=dict.fromkeys(months, 1_000), at=AT, by=owner)  # fmt: skip
        for month in months:
            realise_benefit(benefit=benefit, month=month, actual_minor=actual, at=AT, by=owner)

    return one


def page_of(client, **query):
    return client.get(reverse("forecasters"), query).content.decode()


def told(user, stages=FEW, benefits=FEW):
    return Forecaster(user, stages, benefits)


def test_scores_stand_in_a_sentence_a_chart_and_a_table(sign_in, manager, engineer, promised):
    promised(manager, 800)
    promised(engineer, 500, "Returns")
    page = page_of(sign_in(manager))
    assert f"Closest with promised benefits is {manager}, off by 20% at the median." in page
    assert f"{manager} was closest about benefits: off by 20% at the median" in page
    assert 'data-figure="forecasters-benefits"' in page
    assert 'data-figure="forecasters-stages"' not in page
    assert "Nobody has 3 forecasts that came due" in page
    assert "50%" in page
    assert "No forecast has come due yet." in page


def test_without_a_forecast_the_page_says_what_would_be_here(sign_in, finance_user):
    response = sign_in(finance_user).get(reverse("forecasters"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "or promised a benefit, would be here with what came of it" in page
    assert "data-plotly" not in page


def test_the_way_there_is_shown_to_those_who_may_go_it(sign_in, manager, engineer):
    address = f'href="{reverse("forecasters")}"'
    assert address in sign_in(manager).get(reverse("benefits")).content.decode()
    assert address not in sign_in(engineer).get(reverse("benefits")).content.decode()
    refused = sign_in(engineer).get(reverse("forecasters"))
    assert refused.status_code == 403
    assert "portfolio managers and finance" in refused.content.decode()


def test_a_past_day_knows_only_what_had_come_by_then(sign_in, manager, promised):
    promised(manager, 800)
    client = sign_in(manager)
    assert "would be here with what came of it" in page_of(client, as_of="2026-01-14")
    assert "off by 20%" in page_of(client, as_of="2026-01-15")
    assert client.get(reverse("forecasters"), {"as_of": "2026-02-30"}).status_code == 422


def test_the_page_asks_no_more_for_more_forecasters(sign_in, manager, make_user, promised):
    def queries():
        unchanged.forget()
        with CaptureQueriesContext(connection) as asked:
            page_of(client)
        return len(asked)

    client = sign_in(manager)
    promised(manager, 800)
    page_of(client)
    few = queries()
    for number in range(6):
        promised(make_user(f"owner-{number}", "engineer", is_superuser=True), 500 + number, f"Benefit {number}")
    assert queries() == few


def test_a_sentence_weighs_people_against_a_coin(manager, engineer):
    good, bad = Score(4, 0.1), Score(4, 0.25)
    assert sentence_of([told(manager, good), told(engineer, bad)]).startswith("1 of 2 people who forecast stages knew")
    assert sentence_of([told(manager, bad)]).startswith("0 of 1 person")
    assert sentence_of([told(manager)]) == "Too few forecasts have come due to judge anybody."
    assert sentence_of([]) == "No forecast has come due yet."


def test_the_chart_holds_those_with_the_most_forecasts_the_best_first(manager):
    people = [told(manager, Score(3 + number, 0.5 - number / 100)) for number in range(MOST_BARS + 5)]
    finding = stage_question(people)
    assert len(finding.data.errors) == len(finding.rows) == MOST_BARS
    assert [error for _name, error in finding.data.errors] == sorted(error for _name, error in finding.data.errors)
    assert finding.rows[0][2] == str(3 + MOST_BARS + 4)
    assert benefit_question(people).data is None


def test_a_name_stays_a_name_and_two_of_one_name_have_a_bar_each():
    figure = error_bars(ErrorBars((("<b>Ada</b>", 0.1), ("Ada", 0.3), ("Ada", 0.0)), "", 0.25, "a coin"))
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;Ada&lt;/b&gt;", "Ada", "Ada")
    assert len(set(figure.data[0].y)) == 3
    assert figure.data[0].marker.color == ("var(--ink)", "var(--warn)", "var(--ink)")
    assert "bdata" not in figure_json(error_bars, ErrorBars((("Ada", 0.0),), "%", 50.0, "off by half"))
