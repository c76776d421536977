"""Price machine time by a rate card."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import RateCard
from finance.money import charge_micro
from people.models import User
from people.services import record_audit
from people.validity import demand_order


@dataclass(frozen=True)
class Usage:
    """What a job used: seconds of CPU core, of GPU, and GiB held times seconds."""

    cpu_core_seconds: float = 0.0
    gpu_seconds: float = 0.0
    gib_seconds: float = 0.0


@dataclass(frozen=True)
class Charge:
    """The price of a usage, by component, in millionths of a currency unit; `minor` is what is charged."""

    cpu_micro: int
    gpu_micro: int
    memory_micro: int
    energy_micro: int
    energy_wh: float
    minor: int

    @property
    def micro(self) -> int:
        return self.cpu_micro + self.gpu_micro + self.memory_micro + self.energy_micro


def price(card: RateCard, usage: Usage) -> Charge:
    """Charge for a usage: sum of seconds / 3600 x rate. Energy is an estimate: core and GPU time x watt of the card."""
    cpu_hours, gpu_hours = (
        Decimal(str(round(seconds, 3))) / 3600 for seconds in (usage.cpu_core_seconds, usage.gpu_seconds)
    )
    gib_hours = Decimal(str(round(usage.gib_seconds, 3))) / 3600
    energy_wh = cpu_hours * card.watt_per_core + gpu_hours * card.watt_per_gpu
    parts = (
        cpu_hours * card.cpu_core_hour_micro,
        gpu_hours * card.gpu_hour_micro,
        gib_hours * card.gib_hour_micro,
        energy_wh / 1000 * card.kwh_micro,
    )
    cpu, gpu, memory, energy = (int(part.to_integral_value()) for part in parts)
    return Charge(cpu, gpu, memory, energy, float(energy_wh), charge_micro(cpu + gpu + memory + energy, card.currency))


def current_rate_card(on: date | None = None) -> RateCard:
    """The card in force on a day, or an error that says how to get one."""
    card = RateCard.objects.in_force(on or timezone.localdate())
    if card is None:
        raise ValidationError(
            _("No rate card is in force, so nothing can be priced. Ask finance to publish one."), code="no_rate_card"
        )
    return card


@transaction.atomic
def publish_rate_card(
    *, name: str, currency: str, valid_from: date, by: User, valid_to: date | None = None, **rates: int | Decimal
) -> RateCard:
    """Publish the next version of a rate card; earlier versions keep pricing what they priced."""
    demand_order(valid_from, valid_to)
    latest = RateCard.objects.filter(name=name).order_by("-version").first()
    card = RateCard(
        name=name,
        version=latest.version + 1 if latest else 1,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=timezone.now(),
        **rates,
    )
    card.full_clean()
    card.save()
    record_audit(verb="publish_rate_card", subject=card, by=by, detail={"name": name, "version": card.version})
    return card
