"""The chain of a benefit: what came in each of its newest months that are over, and what was promised for them."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes import wording
from outcomes.explain.chain import Explanation, Fact, day, find, page, person_and_day
from outcomes.models import Benefit
from outcomes.services.shortfall import demands_of
from outcomes.shortfall import MONTHS, Realised, held_months, latest_by_month
from outcomes.value import Term
from people.models import User
from projects.models import Demand, Project


def explain_benefit(pk: str, user: User) -> Explanation:
    related = ("project", "owner", "kpi", "contract__kpi", "contract__signed_by")
    benefit = find(Benefit.objects.visible_to(user).select_related(*related), pk)
    plan = dict(benefit.plan.values_list("month", "planned_minor"))
    records = benefit.realisations.order_by("recorded_at", "pk").values_list(
        "month", "actual_minor", "attributed_percent", "recorded_at"
    )
    latest = latest_by_month(Realised(*record) for record in records)
    until = timezone.localdate().replace(day=1)
    months = [latest[month] for month in sorted(latest) if month < until]
    held = [latest[month] for month in held_months(plan, latest, until=until)]
    realised = sum(month.attributed_minor for month in months)
    return Explanation(
        title=_("Where %(realised)s comes from") % {"realised": wording.money(realised, benefit.currency)},
        subtitle=_("What “%(benefit)s” brought in the months that are over, beyond what a month brought before")
        % {"benefit": benefit.name},
        terms=_terms(months, realised, benefit.currency) if months else (),
        facts=(*_promises(benefit, plan, held), *_facts(benefit, user)),
        note=_(
            "One weak month is weather: the last %(months)d promised months that are over and reported count together; "
            "before there are as many, all that are over."
        )
        % {"months": MONTHS},
        is_hypothesis=benefit.contract is not None and benefit.contract.signed_at is None,
    )


def _terms(months: list[Realised], realised: int, currency: str) -> tuple[Term, ...]:
    """The newest months one by one, those before them as one sum."""
    before, newest = months[:-MONTHS], months[-MONTHS:]
    earlier = sum(month.attributed_minor for month in before)
    count = ngettext("%(count)d month before", "%(count)d months before", len(before)) % {"count": len(before)}
    return (
        *((Term("", count, "", wording.money(earlier, currency)),) if before else ()),
        *(
            Term(
                "+" if before or place else "",
                f"{each.month:%Y-%m}",
                _("%(percent)d %% of %(actual)s is owed to the project, recorded %(day)s")
                % {
                    "percent": each.attributed_percent,
                    "actual": wording.money(each.actual_minor, currency),
                    "day": day(each.recorded_at),
                },
                wording.money(each.attributed_minor, currency),
            )
            for place, each in enumerate(newest)
        ),
        Term("=", _("Realised"), "", wording.money(realised, currency)),
    )


def _promises(benefit: Benefit, plan: dict[date, int], held: list[Realised]) -> list[Fact]:
    """What was promised in all, and for the months that are held against their promise."""
    facts = [Fact(_("Promised"), _promise(benefit, plan))]
    if held:
        words = _("%(realised)s of %(planned)s since %(first)s; %(percent)d %% less is within the tolerance") % {
            "realised": wording.money(sum(month.attributed_minor for month in held), benefit.currency),
            "planned": wording.money(sum(plan.get(month.month, 0) for month in held), benefit.currency),
            "first": f"{held[0].month:%Y-%m}",
            "percent": benefit.tolerance_percent,
        }
        facts.append(Fact(_("Against its promise"), words))
    return facts


def _facts(benefit: Benefit, user: User) -> tuple[Fact, ...]:
    sees_project = Project.objects.visible_to(user).filter(pk=benefit.project_id).exists()
    facts = [
        Fact(
            _("Before the project"),
            _("%(amount)s a month") % {"amount": wording.money(benefit.baseline_minor, benefit.currency)},
        ),
        Fact(_("Owner"), str(benefit.owner)),
        Fact(
            _("Project"),
            f"{benefit.project.key} {benefit.project.title}",
            page("project", benefit.project.key) if sees_project else "",
        ),
    ]
    if benefit.kpi is not None:
        facts.append(Fact(_("KPI"), benefit.kpi.name, page("kpi", benefit.kpi_id) if sees_project else ""))
    if benefit.contract is not None:
        signed = person_and_day(benefit.contract.signed_by, benefit.contract.signed_at) or _("not signed: a hypothesis")
        facts.append(
            Fact(
                _("Value contract"),
                f"{benefit.contract}, {signed}",
                page("explain", "value", benefit.contract_id) if sees_project else "",
            )
        )
    demand = demands_of(benefit, Demand.objects.visible_to(user)).first()
    if demand is not None:
        facts.append(
            Fact(
                _("Improvement demand"),
                f"{demand.title}, {demand.get_status_display().lower()}",
                demand.get_absolute_url(),
            )
        )
    return tuple(facts)


def _promise(benefit: Benefit, plan: dict[date, int]) -> str:
    return _("%(total)s from %(first)s to %(last)s, on %(day)s") % {
        "total": wording.money(sum(plan.values()), benefit.currency),
        "first": f"{min(plan):%Y-%m}",
        "last": f"{max(plan):%Y-%m}",
        "day": day(benefit.created_at),
    }
