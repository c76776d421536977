"""What the machine time of the last 30 days cost, project by project."""

from datetime import datetime

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from portal.boards.facts import RECENT
from portal.boards.rows import ProjectRow
from portal.wording import money_micro, number
from trainingjobs.models import TrainingJob


def machine_sum(rows: tuple[ProjectRow, ...], currency: str, now: datetime) -> Explanation:
    since = now - RECENT
    by_key = {row.project.pk: row.project for row in rows}
    costs = list(
        TrainingJob.objects.filter(project__in=by_key, finished_at__gt=since, finished_at__lte=now)
        .values("project")
        .annotate(jobs=Count("pk"), micro=Sum("cost_micro"))
        .order_by("-micro")
    )
    total = sum(cost["micro"] for cost in costs)
    terms = [
        Term(
            "+" if index else "",
            by_key[cost["project"]].title,
            ngettext("%(n)s job", "%(n)s jobs", cost["jobs"]) % {"n": number(cost["jobs"])},
            money_micro(cost["micro"], currency),
        )
        for index, cost in enumerate(costs)
    ]
    terms.append(Term("=", _("Machine time in 30 days"), "", money_micro(total, currency)))
    facts = tuple(
        Fact(project.key, _("open its jobs, each with its price"), f"{reverse('jobs')}?project={project.key}")
        for project in (by_key[cost["project"]] for cost in costs)
    )
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_micro(total, currency)},
        _("What the jobs that ended in the last 30 days cost by their rate cards"),
        tuple(terms),
        facts,
    )
