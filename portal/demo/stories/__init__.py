"""The eight projects, in the order in which they are entered and in which their jobs are submitted."""

from portal.demo.stories import churn, fields, hints, parcels, pumps, seams, shifts, spares
from portal.demo.story import JobStory, ProjectStory

STORIES: tuple[ProjectStory, ...] = (
    parcels.STORY,
    spares.STORY,
    seams.STORY,
    fields.STORY,
    pumps.STORY,
    churn.STORY,
    hints.STORY,
    shifts.STORY,
)


def jobs_in_order() -> list[tuple[str, JobStory]]:
    """Project key and job: the seeds of the two leading projects in turns, then one job of each other project."""
    leading = [story for story in STORIES if len(story.jobs) > 1]
    turns = [
        (story.key, job)
        for jobs in zip(*(story.jobs for story in leading), strict=True)
        for story, job in zip(leading, jobs, strict=True)
    ]
    return turns + [(story.key, job) for story in STORIES if story not in leading for job in story.jobs]
