"""The chain of a benefit: what came in its newest realised months, what is owed to the project, what was promised."""

from datetime import date

from django.utils.translation import gettext as _

from outcomes import wording
from outcomes.explain.chain import Explanation, Fact, day, find, page, person_and_day
from outcomes.models import Benefit
from outcomes.services.benefit import reference_of
from outcomes.shortfall import MONTHS, Realised, latest_by_month
from outcomes.value import Term
from people.models import User
from projects.models import Demand


def explain_benefit(pk: str, user: User) -> Explanation:
    related = ("project", "owner", "kpi", "contract__kpi", "contract__signed_by")
    benefit = find(Benefit.objects.visible_to(user).select_related(*related), pk)
    plan = dict(benefit.plan.values_list("month", "planned_minor"))
    records = benefit.realisations.order_by("recorded_at", "pk").values_list(
        "month", "actual_minor", "attributed_percent", "recorded_at"
    )
    latest = latest_by_month(Realised(*record) for record in records)
    months = [latest[month] for month in sorted(latest)[-MONTHS:]]
    realised = sum(month.attributed_minor for month in months)
    planned = sum(plan.get(month.month, 0) for month in months)
    return Explanation(
        title=_("Where %(realised)s comes from") % {"realised": wording.money(realised, benefit.currency)},
        subtitle=_("What “%(benefit)s” brought in its newest realised months, beyond what a month brought before")
        % {"benefit": benefit.name},
        terms=(*_months(months, benefit.currency), *_sums(benefit, realised, planned)) if months else (),
        facts=_facts(benefit, plan),
        note=_("One weak month is weather: the last %(months)d realised months are held against their promise.")
        % {"months": MONTHS},
        is_hypothesis=benefit.contract is not None and benefit.contract.signed_at is None,
    )


def _months(months: list[Realised], currency: str) -> tuple[Term, ...]:
    return tuple(
        Term(
            "+" if place else "",
            f"{each.month:%Y-%m}",
            _("%(percent)d %% of %(actual)s is owed to the project, recorded %(day)s")
            % {
                "percent": each.attributed_percent,
                "actual": wording.money(each.actual_minor, currency),
                "day": day(each.recorded_at),
            },
            wording.money(each.attributed_minor, currency),
        )
        for place, each in enumerate(months)
    )


def _sums(benefit: Benefit, realised: int, planned: int) -> tuple[Term, ...]:
    tolerance = _("%(percent)d %% less is within the tolerance") % {"percent": benefit.tolerance_percent}
    return (
        Term("=", _("Realised"), "", wording.money(realised, benefit.currency)),
        Term(wording.MINUS, _("Promised for these months"), tolerance, wording.money(planned, benefit.currency)),
        Term("=", _("Beyond the promise"), "", wording.money(realised - planned, benefit.currency)),
    )


def _facts(benefit: Benefit, plan: dict[date, int]) -> tuple[Fact, ...]:
    facts = [
        Fact(_("Promised"), _promise(benefit, plan)),
        Fact(
            _("Before the project"),
            _("%(amount)s a month") % {"amount": wording.money(benefit.baseline_minor, benefit.currency)},
        ),
        Fact(_("Owner"), str(benefit.owner)),
        Fact(_("Project"), f"{benefit.project.key} {benefit.project.title}", page("project", benefit.project.key)),
    ]
    if benefit.kpi is not None:
        facts.append(Fact(_("KPI"), benefit.kpi.name, page("kpi", benefit.kpi_id)))
    if benefit.contract is not None:
        signed = person_and_day(benefit.contract.signed_by, benefit.contract.signed_at) or _("not signed: a hypothesis")
        facts.append(
            Fact(_("Value contract"), f"{benefit.contract}, {signed}", page("explain", "value", benefit.contract_id))
        )
    demand = Demand.objects.filter(reference=reference_of(benefit)).first()
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
