"""The chain of an objective: the mean of its key results by weight, each with the way that it has gone."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes import wording
from outcomes.explain.chain import Explanation, Fact, day, find, page
from outcomes.explain.kpi import explain_way, share, title_of
from outcomes.models import KeyResult, Objective
from outcomes.progress import KeyResultProgress, objective_progress
from outcomes.value import Term
from people.models import User


def explain_objective(pk: str, user: User) -> Explanation:
    """A key result of a project that the person does not see counts and is not named, as on the board."""
    objective = find(Objective.objects.visible_to(user).select_related("portfolio", "owner"), pk)
    found = objective_progress([objective], timezone.localdate())[0]
    visible = KeyResult.objects.visible_to(user).filter(objective=objective)
    seen = frozenset(visible.values_list("pk", flat=True))
    return Explanation(
        title=title_of(found.progress.shown, objective.title),
        subtitle=_("How far “%(objective)s” has come: the mean of its key results, by weight")
        % {"objective": objective.title},
        terms=_mean(found.key_results, found.progress.shown, seen),
        facts=(*_results(found.key_results, seen), *_facts(objective)),
        note=found.progress.reason,
    )


def _mean(parts: Sequence[KeyResultProgress], mean: float | None, seen: AbstractSet[int]) -> tuple[Term, ...]:
    if mean is None:
        return ()
    weights = sum(part.key_result.weight for part in parts)
    total = sum(part.key_result.weight * _counted(part) for part in parts)
    terms = [
        Term("+" if place else "", _name(part, seen), _source(part), _points(part.key_result.weight * _counted(part)))
        for place, part in enumerate(parts)
    ]
    count = ngettext("%(n)d key result", "%(n)d key results", len(parts))
    return (
        *terms,
        Term("=", _("Together"), "", _points(total)),
        Term("÷", _("Weights"), count % {"n": len(parts)}, wording.number(weights, 0)),
        Term("=", _("Of the way"), "", share(mean)),
    )


def _counted(part: KeyResultProgress) -> float:
    return part.progress.shown or 0.0


def _points(value: float) -> str:
    return wording.with_unit(value * 100, "%", 2)


def _name(part: KeyResultProgress, seen: AbstractSet[int]) -> str:
    return part.key_result.kpi.name if part.key_result.pk in seen else _("a KPI of another team")


def _source(part: KeyResultProgress) -> str:
    """The way and the weight; beyond the target and behind the baseline counts as the end of the way."""
    weight = part.key_result.weight
    if part.progress.raw is None:
        return _("not measured, counts as nothing, weight %(weight)d") % {"weight": weight}
    return _("%(share)s of the way, weight %(weight)d") % {"share": share(_counted(part)), "weight": weight}


def _results(parts: Sequence[KeyResultProgress], seen: AbstractSet[int]) -> tuple[Fact, ...]:
    return tuple(
        Fact(_("Key result"), part.key_result.kpi.name, page("explain", "key-result", part.key_result.pk))
        for part in parts
        if part.key_result.pk in seen
    )


def _facts(objective: Objective) -> tuple[Fact, ...]:
    period = _("%(first)s to before %(end)s") % {"first": day(objective.starts_on), "end": day(objective.ends_on)}
    return (
        Fact(_("Portfolio"), str(objective.portfolio), f"{page('objectives')}?portfolio={objective.portfolio_id}"),
        Fact(_("Period"), period),
        Fact(_("Owner"), str(objective.owner)),
    )


def explain_key_result(pk: str, user: User) -> Explanation:
    visible = KeyResult.objects.visible_to(user).filter(objective__in=Objective.objects.visible_to(user))
    result = find(visible.select_related("objective", "kpi__project"), pk)
    kpi, words = result.kpi, _("How far “%(kpi)s” has gone for the objective “%(objective)s”")
    return explain_way(
        kpi,
        result,
        words % {"kpi": kpi.name, "objective": result.objective.title},
        (
            Fact(_("KPI"), kpi.name, page("explain", "kpi", kpi.pk)),
            Fact(_("Weight"), wording.number(result.weight, 0)),
            Fact(_("Objective"), result.objective.title, page("explain", "objective", result.objective_id)),
            Fact(_("Project"), f"{kpi.project.key} {kpi.project.title}", page("project", kpi.project.key)),
        ),
        _("It counts from 0% to 100% for its objective, however far it went."),
    )
