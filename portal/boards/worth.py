"""The end of the line: net value a year with its range, or what is missing before there can be one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from finance.money import to_decimal
from outcomes.models import ValueContract
from portal.boards.project import ProjectFacts
from portal.wording import day, money_minor, short


@dataclass(frozen=True)
class Terminus:
    """`bar`: start, end and middle of the range in percent of its axis; None when the range is a single figure."""

    figure: str
    low: str
    high: str
    status: str
    is_hypothesis: bool
    contract_pk: int | None
    bar: tuple[int, int, int] | None = None


def terminus_of(facts: ProjectFacts) -> Terminus:
    value, contract = facts.value, facts.contract
    if value is None:
        status = _("no run has the metric yet") if contract else _("nobody has said what it is worth")
        return Terminus(_("no value yet"), "", "", status, False, contract.pk if contract else None)
    figure = money_minor(value.net_minor, value.currency)
    amount = lambda minor: short(to_decimal(minor, value.currency))  # noqa: E731
    signed = value.contract.signed_at
    status = (
        _("Hypothesis: finance has not signed it")
        if value.is_hypothesis
        else _("Signed by %(who)s, %(day)s")
        % {"who": value.contract.signed_by, "day": day(signed.date()) if signed else ""}
    )
    return Terminus(
        f"+{figure}" if value.net_minor > 0 else figure,
        amount(value.low_minor),
        amount(value.high_minor),
        status,
        value.is_hypothesis,
        value.contract.pk,
        _bar(value.low_minor, value.net_minor, value.high_minor),
    )


def _bar(low: int, mid: int, high: int) -> tuple[int, int, int] | None:
    """The axis reaches a third of the range beyond both ends."""
    if high <= low:
        return None
    start, width = low - (high - low) * 0.3, (high - low) * 1.6
    return (
        round(100 * (low - start) / width),
        round(100 * (start + width - high) / width),
        round(100 * (mid - start) / width),
    )


def contracts_title(contracts: Sequence[ValueContract]) -> str:
    """What the newest word on the worth of a project is."""
    signed = [contract for contract in contracts if contract.standing == ValueContract.Status.SIGNED]
    drafts = [contract for contract in contracts if contract.standing == ValueContract.Status.DRAFT]
    if signed and drafts:
        of_kpi = [contract for contract in signed if contract.kpi_id == drafts[0].kpi_id] or signed
        return _("Version %(draft)s waits for a signature; version %(signed)s counts until then") % {
            "draft": drafts[0].version,
            "signed": of_kpi[-1].version,  # a newer one has not begun
        }
    if signed:
        return _("Finance has signed what it is worth")
    return _("What it is worth is a hypothesis until finance signs") if drafts else _("What it is worth")
