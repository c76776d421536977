from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.foreign_keys import fetch
from people.models import SavedView, User

MANY = 1_001  # SQLite compares no more than a thousand keys one by one


def test_what_many_rows_point_at_is_read_at_once(db):
    now = timezone.now()
    people = User.objects.bulk_create(User(username=f"person.{number}") for number in range(MANY))
    SavedView.objects.bulk_create(
        SavedView(owner=person, page="projects", name="mine", created_at=now) for person in people
    )
    views = list(SavedView.objects.all())
    with CaptureQueriesContext(connection) as queries:
        fetch(views, "owner")
        assert {view.owner.username for view in views} == {person.username for person in people}
    assert len(queries) <= 2


def test_nothing_is_read_for_no_rows_and_nobody_stays_nobody(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        fetch([], "owner")
    nobody = SavedView(name="nobody's")
    fetch([nobody], "owner")
    assert nobody.owner_id is None
