"""The chain of a job's cost: metered time x rate card, what was charged, and what had been promised."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import LedgerEntry
from finance.services.rates import Charge, Usage, price
from outcomes import wording
from outcomes.explain.chain import (
    Explanation,
    Fact,
    dataset_fact,
    day,
    find,
    journal_fact,
    page,
    rate_card_fact,
    run_fact,
)
from outcomes.value import Term
from people.models import User
from trainingjobs.adjustments import late_of
from trainingjobs.models import CardAdjustment, TrainingJob

HOUR = Decimal(3600)


def explain_job_cost(pk: str, user: User) -> Explanation:
    job = find(
        TrainingJob.objects.visible_to(user).select_related(
            "project",
            "submitted_by",
            "rate_card",
            "charge__posted_by",
            "reservation",
            "run__dataset",
            "run__job__project",
        ),
        pk,
    )
    currency = job.rate_card.currency
    charge = price(job.rate_card, Usage(job.cpu_core_seconds, job.gpu_seconds, job.gib_seconds))
    charged, late = _charged_minor(job), late_of(job)
    title = (
        _("Where %(cost)s comes from") if charged is None else _("Where %(cost)s comes from; %(charged)s is charged")
    )
    return Explanation(
        title=title
        % {
            "cost": wording.money_micro(charge.micro, currency),
            "charged": wording.money(charged or 0, currency),
        },
        subtitle=_("Machine time of job %(job)s, metered while it ran") % {"job": job.name},
        terms=_terms(job, charge, charged) + _adjusted(late, charged or 0, currency),
        facts=_facts(job, charged),
        note=_("Energy is an estimate: core and GPU hours × watt of the rate card, not a measurement."),
    )


def _charged_minor(job: TrainingJob) -> int | None:
    """What the ledger says, once the job has ended."""
    if job.charge_id is None:
        return None
    expenses = LedgerEntry.objects.filter(journal_entry=job.charge_id, account=LedgerEntry.Account.EXPENSE)
    return expenses.aggregate(total=Sum("amount_minor"))["total"] or 0


def _terms(job: TrainingJob, charge: Charge, charged: int | None) -> tuple[Term, ...]:
    card, currency = job.rate_card, job.rate_card.currency
    energy = _("%(energy)s at %(rate)s a kWh") % {
        "energy": wording.with_unit(charge.energy_wh / 1000, "kWh"),
        "rate": wording.money_micro(card.kwh_micro, currency),
    }
    cpu = _metered(job.cpu_core_seconds, _("core-hours"), card.cpu_core_hour_micro, currency)
    gpu = _metered(job.gpu_seconds, _("GPU-hours"), card.gpu_hour_micro, currency)
    memory = _metered(job.gib_seconds, _("GiB-hours"), card.gib_hour_micro, currency)
    total = (_("Would be charged now"), charge.minor) if charged is None else (_("Charged"), charged)
    return (
        Term("", _("Processor"), cpu, wording.money_micro(charge.cpu_micro, currency)),
        Term("+", _("GPU"), gpu, wording.money_micro(charge.gpu_micro, currency)),
        Term("+", _("Memory"), memory, wording.money_micro(charge.memory_micro, currency)),
        Term("+", _("Energy, estimated"), energy, wording.money_micro(charge.energy_micro, currency)),
        Term("=", _("Metered"), "", wording.money_micro(charge.micro, currency)),
        Term("=", total[0], _("a started cent is charged"), wording.money(total[1], currency)),
    )


def _adjusted(late: Sequence[CardAdjustment], charged: int, currency: str) -> tuple[Term, ...]:
    """What rate cards that came late changed beside the charge, and what the project has paid with them."""
    if not late:
        return ()
    terms = [
        Term(
            "+" if each.amount_minor > 0 else wording.MINUS,
            _("Late rate card %(card)s") % {"card": each.journal_entry.rate_card},
            _("journal entry no. %(number)d, effective %(day)s")
            % {"number": each.journal_entry.pk, "day": day(each.journal_entry.effective_on)},
            wording.money(abs(each.amount_minor), currency),
        )
        for each in late
    ]
    paid = charged + sum(each.amount_minor for each in late)
    return (*terms, Term("=", _("Paid by the project"), "", wording.money(paid, currency)))


def _metered(seconds: float, unit: str, rate_micro: int, currency: str) -> str:
    hours = Decimal(str(round(seconds, 3))) / HOUR
    return _("%(hours)s at %(rate)s") % {
        "hours": wording.with_unit(hours, unit),
        "rate": wording.money_micro(rate_micro, currency),
    }


def _facts(job: TrainingJob, charged: int | None) -> tuple[Fact, ...]:
    run: Any = job.run
    chain = [rate_card_fact(job.rate_card), journal_fact(job.charge), _reservation(job), _forecast(job), _attempts(job)]
    if run is not None:
        chain += [run_fact(run), dataset_fact(run.dataset)]
    else:
        chain.append(Fact(_("Job"), job.name, page("job", job.project.key, job.number)))
    budget_line = Fact(
        _("Budget line"), str(job.reservation.line), page("explain", "budget-line", job.reservation.line_id)
    )
    return (*chain, budget_line, Fact(_("Submitted by"), str(job.submitted_by)))


def _reservation(job: TrainingJob) -> Fact:
    reservation = job.reservation
    return Fact(
        _("Reservation"),
        _("%(amount)s, %(status)s")
        % {
            "amount": wording.money(reservation.amount_minor, job.rate_card.currency),
            "status": reservation.get_status_display().lower(),
        },
    )


def _forecast(job: TrainingJob) -> Fact:
    low, mid, high = (
        wording.money_micro(micro, job.rate_card.currency)
        for micro in (job.forecast_micro_low, job.forecast_micro_mid, job.forecast_micro_high)
    )
    return Fact(
        _("Price tag said"), _("%(mid)s, between %(low)s and %(high)s") % {"mid": mid, "low": low, "high": high}
    )


def _attempts(job: TrainingJob) -> Fact:
    outcomes = [attempt.get_outcome_display().lower() for attempt in job.attempts.all()]
    if not outcomes:
        return Fact(_("Attempts"), _("none yet"))
    text = ngettext("%(count)d attempt: %(outcomes)s", "%(count)d attempts: %(outcomes)s", len(outcomes))
    return Fact(_("Attempts"), text % {"count": len(outcomes), "outcomes": ", ".join(outcomes)})
