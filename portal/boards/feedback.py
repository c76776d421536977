"""What people say: the mean score over time, and the voices that nobody has answered yet, filtered in SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, CharField, Count, F, Q, QuerySet, Value
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from experiments.models import ModelVersion
from outcomes.models import FeedbackTriage
from outcomes.querysets import day_begins, day_ends
from outcomes.services.triage import GOOD_ENOUGH, VOICES, WINDOW
from outcomes.then import voices_then
from portal.boards.benefits import months_from
from portal.boards.board import Finding, Panel
from portal.boards.charts.voices import Scores, scores
from portal.export import Column, Table
from portal.search import typed
from portal.templatetags.throughline import why
from portal.wording import count_of, day, in_front, number
from projects.models import Feedback

FILTERS = ("q", "project", "model_version", "score", "status")
OPEN = "open"
MONTHS = 12
TONES = {
    FeedbackTriage.Status.ACCEPTED: ("good", "check"),
    FeedbackTriage.Status.ANSWERED: ("good", "voice"),
    FeedbackTriage.Status.DECLINED: ("warn", "x"),
    FeedbackTriage.Status.DUPLICATE: ("", "clone"),
}


@dataclass(frozen=True)
class Point:
    """The mean of the 90 days that end with a moment; too few voices prove nothing."""

    at: datetime
    mean: float | None
    voices: int

    @property
    def counts(self) -> bool:
        return self.voices >= VOICES


@dataclass(frozen=True)
class FeedbackFacts:
    """The course of the mean, oldest first and ending now; all voices of the filter, and those without an answer."""

    points: tuple[Point, ...]
    voices: int
    unanswered: int

    @property
    def now(self) -> Point:
        return self.points[-1]


def known(voices: QuerySet[Feedback], on: date | None) -> QuerySet[Feedback]:
    """The voices with the state of their answers as `status_then` and `answered_then`: of now, or of a past day."""
    if on is not None:
        return voices_then(voices, day_ends(on))
    none = Value(None, CharField())
    return voices.annotate(status_then=F("triage__status"), answered_then=F("triage__at"), model_then=none)


def filtered(voices: Any, query: Mapping[str, str]) -> QuerySet[Feedback]:
    """Known voices by words, project, model, score and status; what does not exist finds nothing."""
    if words := typed(query.get("q", "")):
        voices = voices.filter(Q(text__icontains=words) | Q(source__icontains=words) | Q(request_id__icontains=words))
    if key := typed(query.get("project", "")):
        voices = voices.filter(project__key__iexact=key)
    if name := typed(query.get("model_version", "")):
        voices = voices.filter(_about(name))
    if score := typed(query.get("score", "")):
        voices = voices.filter(score=int(score)) if score in {"1", "2", "3", "4", "5"} else voices.none()
    status = typed(query.get("status", ""))
    if status == OPEN:
        return voices.filter(status_then=None)
    return voices.filter(status_then=status) if status else voices


def _about(name: str) -> Q:
    """Voices that name a model, or whose answer does."""
    models = list(ModelVersion.objects.filter(run__name__iexact=name).values_list("pk", flat=True))
    answered = Q(answered_then=F("triage__at"), triage__model_version__in=models)
    return Q(model_version__in=models) | answered | Q(model_then__in=[str(pk) for pk in models])


def ordered(voices: QuerySet[Feedback]) -> QuerySet[Feedback]:
    """Those without an answer first, then the newest answers; `job_number` leads to the model that a voice names."""
    related = ("project", "model_version__run", "triage__by", "triage__model_version__run", "triage__demand")
    numbered = voices.select_related(*related).annotate(job_number=F("model_version__run__job__number"))
    return numbered.order_by(F("answered_then").desc(nulls_first=True), "-received_at", "-pk")


def feedback_facts(voices: QuerySet[Feedback], now: datetime) -> FeedbackFacts:
    """One question: twelve windows of 90 days that end with a month, and the one that ends now."""
    month = timezone.localdate(now).replace(day=1)
    ends = [day_begins(months_from(month, place)) for place in range(1 - MONTHS, 1)] + [now]
    sums: dict[str, Aggregate] = {}
    for place, end in enumerate(ends):
        inside = Q(received_at__gt=end - WINDOW, received_at__lte=end)
        sums[f"mean_{place}"] = Avg("score", filter=inside)
        sums[f"count_{place}"] = Count("pk", filter=inside)
    found = voices.order_by().aggregate(
        voices=Count("pk"), unanswered=Count("pk", filter=Q(status_then=None)), **sums
    )  # fmt: skip
    points = tuple(Point(end, found[f"mean_{place}"], found[f"count_{place}"]) for place, end in enumerate(ends))
    return FeedbackFacts(points, found["voices"], found["unanswered"])


def sentence_of(facts: FeedbackFacts, explained_at: str) -> str:
    """How content people are now, and how many wait for an answer."""
    if not facts.voices:
        return _("Nobody has said anything yet.")
    waiting = (
        in_front(count_of(facts.unanswered, "voice waits", "voices wait")) + " " + _("for an answer.")
        if facts.unanswered
        else _("Every voice has its answer.")
    )
    if facts.now.mean is None:
        return _("Nobody has said anything in 90 days.") + " " + waiting
    text = _("People give {mean} of 5 over 90 days ({count} voices).")
    mean = why(explained_at, number(facts.now.mean, 1))
    return format_html("{} {}", format_html(text, mean=mean, count=facts.now.voices), waiting)


def feedback_question(facts: FeedbackFacts) -> Finding:
    """Are they more content than before?"""
    title = _title(facts)
    floor = number(GOOD_ENOUGH, 1)
    return Finding(
        title=title,
        how_to_read=_("Mean score of the 90 days before each point; below %(floor)s a demand opens itself")
        % {"floor": floor},
        alt=_("Line chart of the mean score: %(finding)s") % {"finding": title},
        data=Scores(
            tuple((_shown(point).isoformat(), point.mean if point.counts else None) for point in facts.points),
            GOOD_ENOUGH,
            _("Least accepted"),
            _("mean of 90 days"),
        )
        if any(point.counts for point in facts.points)
        else None,
        columns=(_("Until"), _("Mean of 90 days"), _("Voices")),
        rows=tuple(
            (day(_shown(point)), "–" if point.mean is None else number(point.mean, 2), str(point.voices))
            for point in facts.points
        ),
        absent=_("Too few voices for a mean"),
        hope=_("The mean of 90 days would be drawn here from %(count)d voices on.") % {"count": VOICES},
    )


def _shown(point: Point) -> date:
    return timezone.localtime(point.at - timedelta(seconds=1)).date()


def _title(facts: FeedbackFacts) -> str:
    known = [point for point in facts.points if point.counts]
    if not known:
        return _("Too little was said for a mean")
    first, last = known[0].mean or 0.0, known[-1].mean or 0.0
    words = {"before": number(first, 1), "now": number(last, 1), "since": day(_shown(known[0]))}
    if abs(last - first) < 0.05:
        return _("The mean stands at %(now)s, as on %(since)s") % words
    moved = _("The mean rose from %(before)s to %(now)s since %(since)s")
    return (moved if last > first else _("The mean fell from %(before)s to %(now)s since %(since)s")) % words


FEEDBACK_PANEL = Panel("feedback", feedback_question, scores, span=12, height="240px")


def table_of(voices: Iterable[Feedback]) -> Table:
    """Voices with their answers to take along, as they are read from the database."""
    columns = (
        Column(_("Project"), 9),
        Column(_("Received"), 17),
        Column(_("Score"), 7),
        Column(_("What they say"), 60),
        Column(_("From"), 24),
        Column(_("Model named"), 16),
        Column(_("Request"), 24),
        Column(_("Status"), 14),
        Column(_("About the model"), 16),
        Column(_("Note"), 40),
        Column(_("Answered by"), 20),
        Column(_("Answered at"), 17),
    )
    return Table("feedback", columns, map(_cells, voices))


def _cells(voice: Feedback) -> list[Any]:
    triage: FeedbackTriage | None = getattr(voice, "triage", None)
    named = voice.model_version.run.name if voice.model_version else ""
    said = [voice.project.key, voice.received_at, voice.score, voice.text, voice.source, named, voice.request_id]
    if triage is None:
        return [*said, "", "", "", "", ""]
    model = triage.model_version.run.name if triage.model_version else ""
    return [*said, triage.get_status_display(), model, triage.note, str(triage.by), triage.at]
