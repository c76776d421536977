"""One project and one programme on paper, from the facts of their pages."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from portal.boards.money import MoneyFacts
from portal.boards.money_words import burn_question, headline_of, tiles_of
from portal.boards.programmes import ProgrammeLine
from portal.boards.project import ProjectFacts
from portal.boards.rows import ProjectRow
from portal.boards.stations import stops_of
from portal.boards.tiles import Tile
from portal.boards.worth import terminus_of
from portal.report import Ink, as_of_words, burn_of, document, head_of, projects_of, table
from portal.wording import day, in_unit, money_minor, number, percent, target_in_unit


def programme_report(line: ProgrammeLine, rows: Sequence[ProjectRow], facts: MoneyFacts) -> bytes:
    """A programme: its money, and its projects."""
    headline, burn = headline_of(facts), burn_question(facts)
    texts = [headline, line.programme.name, burn.title, *(row.project.title + str(row.project.lead) for row in rows)]
    ink = Ink(texts)
    under = [str(line.programme.portfolio), _("Owner: %(owner)s") % {"owner": line.programme.owner}, line.finding]
    parts = [
        ink.paragraph(" · ".join(under), 9),
        *head_of(headline, tiles_of(facts), ink),
        *burn_of(burn, ink),
        *projects_of(rows, ink),
    ]
    title = _("Programme report: %(name)s") % {"name": line.programme.name}
    return document(title, as_of_words(facts.on, facts.today), parts, ink)


def project_report(facts: ProjectFacts, today: date, on: date | None) -> bytes:
    """A project: its line from the demand to the money, its budget, its KPIs and what they are worth."""
    project, row = facts.project, facts.row
    ink = Ink([project.title, project.summary, str(project.lead), *(kpi.name for kpi in facts.kpis)])
    headline = _("%(title)s: %(health)s") % {"title": project.title, "health": row.health.word}
    if row.health.tone != "good":
        headline += ". " + _("It %(reason)s") % {"reason": row.health.reason}
    under = [project.summary, _("Lead: %(lead)s") % {"lead": project.lead}]
    under += [_("Due %(day)s") % {"day": day(project.due_on)}] if project.due_on else []
    parts = [
        ink.paragraph(" · ".join(filter(None, under)), 9),
        *head_of(headline, _tiles(facts), ink),
        *_line(facts, ink),
        *_budget(facts, ink),
        *_kpis(facts, ink),
    ]
    title = _("Project report: %(key)s") % {"key": project.key}
    return document(title, as_of_words(on, today), parts, ink)


def _tiles(facts: ProjectFacts) -> tuple[Tile, ...]:
    money, terminus, voices = facts.row.money, terminus_of(facts), facts.voices
    reached = percent(facts.row.reached) if facts.row.reached is not None else "–"
    planned = _("of %(planned)s planned") % {"planned": money_minor(money.planned, money.currency)}
    heard = _("%(n)s voices") % {"n": voices.count}
    return (
        Tile(_("Net value a year"), terminus.figure, (), "", terminus.status),
        Tile(_("Spent"), money_minor(money.spent, money.currency), (), "", planned),
        Tile(_("Way to the target"), reached, (), "", facts.row.kpi.name if facts.row.kpi else _("no KPI yet")),
        Tile(_("Jobs"), str(facts.job_sums.count), (), "", ""),
        Tile(_("Feedback"), number(voices.mean, 1) if voices.mean is not None else "–", (), "", heard),
    )


def _line(facts: ProjectFacts, ink: Ink) -> list[Any]:
    """The six stations with the number of each, and the dates of its stage."""
    cells = []
    for stop in stops_of(facts):
        stage = facts.stages.get(stop.station)
        dates = (stage.planned_finish, stage.actual_start, stage.actual_finish) if stage else (None, None, None)
        figure = f"{stop.number} {stop.what}".strip()
        cells.append([str(stop.station.label), figure, *(day(when) if when else "–" for when in dates)])
    words = (_("Station"), _("What there is"), _("Planned until"), _("Started"), _("Finished"))
    return table(_("From the demand to the money"), words, (0.16, 0.39, 0.15, 0.15, 0.15), cells, ink, figures_from=2)


def _budget(facts: ProjectFacts, ink: Ink) -> list[Any]:
    cells = [
        [
            f"{line.budget.name}, {line.get_category_display()}",
            *(
                money_minor(minor, line.budget.currency)
                for minor in (line.planned_minor, line.released_minor, line.committed_minor, line.spent_minor)
            ),
        ]
        for line in facts.lines
    ]
    words = (_("Budget line"), _("Planned"), _("Released"), _("Committed"), _("Spent"))
    return table(_("Budget"), words, (0.4, 0.15, 0.15, 0.15, 0.15), cells, ink, figures_from=1) if cells else []


def _kpis(facts: ProjectFacts, ink: Ink) -> list[Any]:
    cells = [
        [
            kpi.name,
            in_unit(kpi.baseline, kpi.unit_of_goal),
            target_in_unit(kpi.target, kpi.target_high, kpi.unit_of_goal),
            str(kpi.owner),
        ]
        for kpi in facts.kpis
    ]
    words = (_("KPI"), _("Baseline"), _("Target"), _("Owner"))
    return table(_("What should improve"), words, (0.4, 0.17, 0.17, 0.26), cells, ink, figures_from=4) if cells else []
