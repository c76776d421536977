"""Exchange rates by kind and day. A sum in another currency always names the rate, and the day of it, that made it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from finance.models import ExchangeRate
from finance.money import GREATEST_MINOR, exponent, to_decimal
from people.models import User
from people.services import record_audit

NANO = 1_000_000_000
GREATEST_RATE = 1_000_000_000
STILL_COUNTS = timedelta(days=366)  # after which a spot rate says nothing of a day any more
USED = (ExchangeRate.Kind.SPOT, ExchangeRate.Kind.BUDGET)


@dataclass(frozen=True)
class Converted:
    """An amount in another currency, and the rate that made it."""

    minor: int
    rate: ExchangeRate


@dataclass(frozen=True)
class Document:
    """What a document costs in the currency of the budget; where it is foreign, what stands on it, and the rates."""

    amount_minor: int
    currency: str = ""
    minor: int | None = None
    rate: ExchangeRate | None = None
    budget_rate: ExchangeRate | None = None

    @property
    def budgeted_minor(self) -> int | None:
        """What it costs by the rate that the budget was made with, where one is known."""
        return at_rate(self.minor or 0, self.budget_rate) if self.budget_rate else None

    @property
    def columns(self) -> dict[str, object]:
        """How a row keeps it."""
        return {
            "transaction_currency": self.currency,
            "transaction_minor": self.minor,
            "exchange_rate": self.rate,
            "budget_rate": self.budget_rate,
        }


@transaction.atomic
def record_exchange_rate(
    *, base: str, quote: str, kind: str, valid_on: date, rate: Decimal, source: str, at: datetime, by: User | None
) -> ExchangeRate:
    """Record what one unit of `base` is worth in `quote`. A correction is another row; the latest of a day counts.

    A kind that nothing is reckoned at is refused, so that nobody waits for it to take effect.
    """
    if kind not in USED:
        raise ValidationError(
            {
                "kind": ValidationError(
                    _("Nothing is reckoned at a rate of this kind. Record it as spot, or as budget for plans."),
                    code="unused_kind",
                )
            }
        )
    demand_rate(rate)
    row = ExchangeRate(
        base=base,
        quote=quote,
        kind=kind,
        valid_on=valid_on,
        rate_nano=int((rate * NANO).to_integral_value(ROUND_HALF_EVEN)),
        source=source,
        recorded_at=at,
    )
    row.full_clean()
    row.save()
    detail = {"pair": f"{base}/{quote}", "kind": kind, "valid_on": valid_on.isoformat(), "rate": str(rate)}
    record_audit(verb="record_exchange_rate", subject=row, by=by, detail=detail)
    return row


def demand_rate(rate: Decimal) -> None:
    """Refuse what can be no rate."""
    if not rate.is_finite() or not 0 < rate < GREATEST_RATE or not (rate * NANO).to_integral_value():
        raise ValidationError(
            {"rate": ValidationError(_("A rate is above zero, with nine digits after the point."), code="bad_rate")}
        )


def convert(minor: int, *, base: str, quote: str, kind: str, on: date) -> Converted:
    """An amount of `base` in `quote` by the rate of that kind in force on the day, or a refusal that says the mend."""
    rate = ExchangeRate.objects.in_force(base, quote, kind, on)
    if rate is None:
        raise ValidationError(
            _("No %(kind)s rate from %(base)s to %(quote)s is known for %(day)s. Ask finance to record one."),
            code="no_exchange_rate",
            params={"kind": kind, "base": base, "quote": quote, "day": on.isoformat()},
        )
    if kind == ExchangeRate.Kind.SPOT and on - rate.valid_on > STILL_COUNTS:
        raise ValidationError(
            _(
                "The last rate from %(base)s to %(quote)s is of %(old)s, more than a year before %(day)s. "
                "Ask finance to record a newer one."
            ),
            code="old_exchange_rate",
            params={"base": base, "quote": quote, "old": rate.valid_on.isoformat(), "day": on.isoformat()},
        )
    return Converted(at_rate(minor, rate), rate)


def at_rate(minor: int, rate: ExchangeRate) -> int:
    """Minor units of the quoted currency, rounded half to even."""
    exact = Decimal(minor) * rate.rate_nano / NANO
    return int(exact.scaleb(exponent(rate.quote) - exponent(rate.base)).to_integral_value(ROUND_HALF_EVEN))


def read_document(
    *, amount_minor: int | None, currency: str, transaction_currency: str, transaction_minor: int | None, on: date
) -> Document:
    """What a document costs in `currency`: as it says, or by the spot rate of the day where it is foreign.

    The amount of a foreign document follows from its rate; one that is given beside it must agree. The budget rate in
    force on the day comes with it.
    """
    if transaction_currency in {"", currency}:
        minor = transaction_minor if amount_minor is None else amount_minor
        if minor is None or (transaction_minor is not None and transaction_minor != minor):
            raise ValidationError(_("Say one amount in %(currency)s."), code="no_amount", params={"currency": currency})
        return Document(minor)
    if transaction_minor is None:
        raise ValidationError(
            _("Say the amount in %(currency)s as well."), code="no_amount", params={"currency": transaction_currency}
        )
    due = convert(transaction_minor, base=transaction_currency, quote=currency, kind=ExchangeRate.Kind.SPOT, on=on)
    if abs(due.minor) > GREATEST_MINOR:
        raise ValidationError(
            _("By the rate of %(day)s this is more than all the money there is. Look at the amount and at the rate."),
            code="out_of_range",
            params={"day": due.rate.valid_on.isoformat()},
        )
    if amount_minor not in {None, due.minor}:
        raise ValidationError(
            _(
                "By the rate of %(day)s this is %(currency)s %(due)s. Leave the amount in %(currency)s out, or have "
                "finance record the rate that was paid."
            ),
            code="amount_against_rate",
            params={
                "day": due.rate.valid_on.isoformat(),
                "currency": currency,
                "due": to_decimal(due.minor, currency),
            },
        )
    planned = ExchangeRate.objects.in_force(transaction_currency, currency, ExchangeRate.Kind.BUDGET, on)
    return Document(due.minor, transaction_currency, transaction_minor, due.rate, planned)
