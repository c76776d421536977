"""What came of one action on many jobs, in sentences."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from trainingjobs.models import JobState
from trainingjobs.services.bulk import Outcome

MOST_NAMES = 8
DONE = {
    "cancel": ngettext_lazy("%(n)s job cancelled: %(names)s.", "%(n)s jobs cancelled: %(names)s.", "n"),
    "pause": ngettext_lazy("%(n)s job paused: %(names)s.", "%(n)s jobs paused: %(names)s.", "n"),
    "resume": ngettext_lazy("%(n)s job goes on: %(names)s.", "%(n)s jobs go on: %(names)s.", "n"),
    "retry": ngettext_lazy("%(n)s new job: %(names)s.", "%(n)s new jobs: %(names)s.", "n"),
    "priority_low": ngettext_lazy(
        "%(n)s job has low priority now: %(names)s.", "%(n)s jobs have low priority now: %(names)s.", "n"
    ),
    "priority_normal": ngettext_lazy(
        "%(n)s job has normal priority now: %(names)s.", "%(n)s jobs have normal priority now: %(names)s.", "n"
    ),
    "priority_high": ngettext_lazy(
        "%(n)s job has high priority now: %(names)s.", "%(n)s jobs have high priority now: %(names)s.", "n"
    ),
}


def done_words(action: str, done: Sequence[Outcome]) -> str:
    """`3 jobs paused: TRI-4, TRI-5, TRI-6.`, and what still has to happen to some of them."""
    words = DONE[action] % {"n": len(done), "names": names(outcome.job.name for outcome in done)}
    states = Counter(outcome.job.state for outcome in done)
    stopping, asking = states[JobState.RUNNING], states[JobState.AWAITING]
    if action in {"cancel", "pause"} and stopping:
        text = ngettext("%(n)s of them stops at its next step.", "%(n)s of them stop at their next step.", stopping)
        return f"{words} {text % {'n': stopping}}"
    if action in {"resume", "retry"} and asking:
        text = ngettext("%(n)s of them waits for a manager.", "%(n)s of them wait for a manager.", asking)
        return f"{words} {text % {'n': asking}}"
    return words


def refused_words(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """One sentence for each cause, with the jobs that it holds back where the cause does not name them itself."""
    by_cause = defaultdict(list)
    for outcome in outcomes:
        if not outcome.ok:
            by_cause[outcome.message].append(outcome.job.name)
    for cause, refused in by_cause.items():
        if len(refused) == 1 and refused[0] in cause:
            yield cause
        else:
            yield _("%(names)s: %(cause)s") % {"names": names(refused), "cause": cause}


def names(every: Iterable[str]) -> str:
    """The first few by name, the rest as a number."""
    listed = list(every)
    if len(listed) <= MOST_NAMES:
        return ", ".join(listed)
    rest = len(listed) - MOST_NAMES
    return _("%(names)s and %(n)s more") % {"names": ", ".join(listed[:MOST_NAMES]), "n": rest}
