"""The page of notices, the bell that every page carries, and the choice of mails."""

import re

import pytest
from django.utils import timezone

from people.models import Notice
from people.notices import notify


def tell(user, text="TRI-7 finished", times=1, url="/projects/"):
    for _ in range(times):
        (notice,) = notify(users=[user], kind="job_ended", text=text, url=url)
    return notice


def bell_of(page):
    return re.search(r'<a class="[^"]*bell".*?</a>', page, re.DOTALL).group()


def test_without_notices_the_page_says_what_would_stand_here(sign_in, engineer):
    page = sign_in(engineer).get("/notices/").content.decode()
    assert "No notices yet" in page
    assert "Everything is read" in page
    assert "Mark all as read" not in page


def test_unread_notices_are_marked_and_stand_first(sign_in, engineer):
    tell(engineer, "Old and unread")
    Notice.objects.filter(pk=tell(engineer, "New and read").pk).update(read_at=timezone.now())
    page = sign_in(engineer).get("/notices/").content.decode()
    assert page.index("Old and unread") < page.index("New and read")
    assert page.count("data-unread") == 1


def test_the_page_shows_only_unread_ones_when_asked(sign_in, engineer):
    tell(engineer, "Still unread")
    Notice.objects.filter(pk=tell(engineer, "Already read").pk).update(read_at=timezone.now())
    page = sign_in(engineer).get("/notices/?show=unread").content.decode()
    assert "Still unread" in page
    assert "Already read" not in page


def test_when_all_are_read_the_filter_says_so(sign_in, engineer):
    Notice.objects.filter(pk=tell(engineer).pk).update(read_at=timezone.now())
    assert "Nothing unread" in sign_in(engineer).get("/notices/?show=unread").content.decode()


def test_long_lists_are_paged(sign_in, engineer):
    tell(engineer, times=26)
    client = sign_in(engineer)
    assert client.get("/notices/").content.decode().count("<li data-unread") == 25
    assert client.get("/notices/?page=2").content.decode().count("<li data-unread") == 1
    assert client.get("/notices/?page=999").status_code == 200


def test_opening_a_notice_reads_it_and_leads_to_its_page(sign_in, engineer):
    notice = tell(engineer, url="/projects/?q=digit")
    response = sign_in(engineer).get(notice.get_absolute_url())
    assert (response.status_code, response.url) == (302, "/projects/?q=digit")
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_the_notice_of_another_person_does_not_exist(sign_in, engineer, make_user):
    notice = tell(engineer, "A secret")
    other = sign_in(make_user("root.user", is_superuser=True))
    assert other.get(notice.get_absolute_url()).status_code == 404
    assert other.get(f"/notices/{10**19}/").status_code == 404
    assert "A secret" not in other.get("/notices/").content.decode()
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_are_read_by_one_press(sign_in, engineer, manager):
    tell(engineer, times=3)
    tell(manager)
    assert sign_in(engineer).post("/notices/read-all/").url == "/notices/"
    assert list(Notice.objects.unread().values_list("user", flat=True)) == [manager.pk]


@pytest.mark.parametrize("address", ["/notices/read-all/", "/notices/mail/"])
def test_what_changes_something_is_never_a_link(sign_in, engineer, address):
    assert sign_in(engineer).get(address).status_code == 405


@pytest.mark.parametrize("address", ["/notices/", "/notices/bell/", "/notices/1/"])
def test_a_stranger_signs_in_first(client, db, address):
    assert client.get(address).url.startswith("/sign-in/")


def test_the_bell_counts_what_is_unread_in_words_too(sign_in, engineer):
    client = sign_in(engineer)
    assert 'aria-label="Notices, none unread"' in bell_of(client.get("/projects/").content.decode())
    tell(engineer, times=2)
    bell = bell_of(client.get("/projects/").content.decode())
    assert 'aria-label="2 unread notices"' in bell
    assert ">2</b>" in bell


def test_the_bell_stops_counting_where_nobody_would(sign_in, engineer):
    tell(engineer, times=120)
    assert ">99+</b>" in bell_of(sign_in(engineer).get("/notices/bell/").content.decode())


def test_the_bell_renews_itself_with_one_query_of_its_own(sign_in, engineer, django_assert_num_queries):
    tell(engineer)
    client = sign_in(engineer)
    with django_assert_num_queries(3):  # session, person, notices
        page = client.get("/notices/bell/").content.decode()
    assert 'hx-trigger="every 30s' in page
    assert "<main" not in page


def test_who_has_not_signed_in_sees_no_bell(client, db):
    assert 'id="bell"' not in client.get("/sign-in/").content.decode()


def test_mails_are_switched_off_and_on(sign_in, engineer):
    client = sign_in(engineer)
    client.post("/notices/mail/", {})
    engineer.refresh_from_db()
    assert engineer.mail_notices is False
    page = client.post("/notices/mail/", {"mail_notices": "on"}, follow=True).content.decode()
    engineer.refresh_from_db()
    assert engineer.mail_notices is True
    assert "also go out by mail from now on" in page


def test_the_page_says_why_no_mail_comes(sign_in, make_user, settings):
    client = sign_in(make_user("lena.reader", email="lena@example.com"))
    assert "no mail server is set" in client.get("/notices/").content.decode()
    settings.SENDS_MAIL = True
    assert "To lena@example.com" in client.get("/notices/").content.decode()
    assert "You have no mail address" in sign_in(make_user("no.address")).get("/notices/").content.decode()


def test_what_a_notice_says_is_text_and_never_markup(sign_in, engineer):
    tell(engineer, "<script>alert(1)</script>")
    assert "<script>alert" not in sign_in(engineer).get("/notices/").content.decode()
