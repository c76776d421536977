"""What the machine time of the last 30 days cost, project by project."""

from collections import Counter

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from portal.boards.facts import RECENT, PortfolioFacts
from portal.wording import money_micro, number
from projects.models import Project


def machine_sum(facts: PortfolioFacts) -> Explanation:
    """The jobs that the tile counts: also those of projects that have ended since."""
    jobs, micros = Counter[int](), Counter[int]()
    for at, _state, micro, project in facts.jobs:
        if at > facts.now - RECENT:
            jobs[project] += 1
            micros[project] += micro
    projects = Project.objects.in_bulk(list(jobs))
    dearest = sorted(projects.values(), key=lambda project: (-micros[project.pk], project.key))
    total = micros.total()
    terms = [
        Term(
            "+" if place else "",
            project.title,
            ngettext("%(n)s job", "%(n)s jobs", jobs[project.pk]) % {"n": number(jobs[project.pk])},
            money_micro(micros[project.pk], facts.currency),
        )
        for place, project in enumerate(dearest)
    ]
    terms.append(Term("=", _("Machine time in 30 days"), "", money_micro(total, facts.currency)))
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_micro(total, facts.currency)},
        _("What the jobs that ended in the last 30 days cost by their rate cards"),
        tuple(terms),
        tuple(
            Fact(project.key, _("open its jobs, each with its price"), f"{reverse('jobs')}?project={project.key}")
            for project in dearest
        ),
    )
