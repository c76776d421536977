"""From one click to one number, in Chromium, on both kinds of storage."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

KEY = "TRI"
POINTS = """[...document.querySelectorAll('[data-figure]')]
    .flatMap(box => JSON.parse(document.getElementById(box.dataset.figure).textContent).data)
    .reduce((sum, trace) => sum + (trace.x || []).length, 0)"""
FIRST_PAINT = """() => new Promise(done => {
    const first = () => performance.getEntriesByName('first-contentful-paint')[0];
    if (first()) return done(first().startTime);
    new PerformanceObserver(() => first() && done(first().startTime)).observe({type: 'paint', buffered: true});
})"""


def sign_in(page: Page, portal, username: str) -> None:
    page.goto("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(portal.people[username]["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{portal.url}/")


def submit(page: Page, **settings: str) -> str:
    """Submit an image classifier by the form and return the job's name."""
    page.goto(f"/projects/{KEY}/jobs/new/?recipe=image-classifier")
    for label, value in settings.items():
        page.get_by_label(re.compile(f"^{label}", re.IGNORECASE)).fill(value)
    expect(page.locator("#price")).to_contain_text("Free budget after this job")
    page.get_by_role("button", name="Submit job").click()
    page.wait_for_url(re.compile(rf"/jobs/{KEY}-\d+/"))
    return re.search(rf"{KEY}-\d+", page.url).group()


def points_drawn(page: Page) -> int:
    """How many points the page's curves hold."""
    return page.evaluate(f"() => {POINTS}")


@pytest.fixture(scope="session")
def trained(portal):
    """One finished image classifier, trained through the portal's own queue from the command line."""
    output = portal.manage("submit_job", "image-classifier", "--project", KEY, "--set", "epochs=6", "--wait", "--json")
    return json.loads(output.strip().splitlines()[-1])


def test_an_engineer_submits_a_job_watches_its_curves_and_the_board_shows_its_cost(page, portal):
    sign_in(page, portal, "lena.hoffmann")
    name = submit(page, Epochs="60")
    expect(page.locator("#job-pill")).to_contain_text("Running", timeout=60_000)
    page.wait_for_function("() => document.querySelector('.plot .main-svg')")
    early = points_drawn(page)
    page.wait_for_function(f"early => {POINTS} > early + 3", arg=early, timeout=60_000)
    expect(page.locator("#live")).to_contain_text("Cost so far")
    expect(page.locator("#job-log")).to_contain_text("validation_accuracy")
    expect(page.locator("#job-pill")).to_contain_text("Finished", timeout=120_000)
    expect(page.locator("#live")).to_contain_text("charged to the budget")

    page.goto(f"/projects/{KEY}/")
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Finished")
    expect(row).to_contain_text("0.0")
    expect(page.get_by_text("Parcels misread").first).to_be_visible()

    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Parcel digit reader")).to_contain_text("EUR")


def test_any_figure_in_euro_opens_its_reasons_and_escape_gives_the_focus_back(page, portal, trained):
    sign_in(page, portal, "katrin.vogel")
    page.goto(f"/jobs/{trained['job']}/")
    figure = page.locator("#live .why").first
    figure.click()
    panel = page.locator("#explain")
    expect(panel).to_contain_text("rate card", ignore_case=True)
    expect(panel).to_contain_text("digits")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(figure).to_be_focused()


def test_a_wrong_setting_is_refused_on_its_field_and_nothing_typed_is_lost(page, portal):
    sign_in(page, portal, "lena.hoffmann")
    page.goto(f"/projects/{KEY}/jobs/new/?recipe=image-classifier")
    page.get_by_label(re.compile("^Epochs")).fill("7")
    page.get_by_label(re.compile("^Learning rate")).fill("50")
    page.get_by_role("button", name="Submit job").click()
    expect(page.locator("[data-bad]").first).to_contain_text("50 is above the limit")
    expect(page.get_by_label(re.compile("^Epochs"))).to_have_value("7")
    assert "/jobs/new/" in page.url


def test_a_running_job_can_be_cancelled_from_its_page(page, portal):
    sign_in(page, portal, "lena.hoffmann")
    submit(page, Epochs="200")
    expect(page.locator("#job-pill")).to_contain_text("Running", timeout=60_000)
    page.get_by_text("Cancel job").first.click()
    page.get_by_role("button", name=re.compile("^(Yes, )?(cancel|stop)", re.IGNORECASE)).last.click()
    expect(page.locator("#job-pill")).to_contain_text("Cancelled", timeout=40_000)


def test_a_bar_is_dragged_to_a_later_month_and_a_project_out_of_the_portfolio(page, portal):
    sign_in(page, portal, "katrin.vogel")
    page.goto("/what-if/")
    bar, later = page.get_by_role("slider", name=f"{KEY} begins to work"), page.get_by_label(f"{KEY} moved by")
    course, handle = bar.locator("..").bounding_box(), bar.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(handle["x"] + handle["width"] / 2 + course["width"] / 3, handle["y"], steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"delay-{KEY}=12"))
    bar.press("ArrowLeft")
    expect(page).to_have_url(re.compile(rf"delay-{KEY}=11"))
    expect(later).to_have_value("11")
    expect(bar).to_be_focused()
    page.locator(f"li[data-key={KEY}] [data-grip]").drag_to(page.locator("[data-zone=out]"))
    expect(page).to_have_url(re.compile(rf"out={KEY}"))
    expect(page.locator("[data-zone=out]")).to_contain_text("Parcel digit reader")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_main_page_fits_a_phone_without_scrolling_sideways(chromium, portal, trained, scheme):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=portal.url, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, portal, "lena.hoffmann")
    for path in (
        "/",
        "/projects/",
        f"/projects/{KEY}/",
        f"/projects/{KEY}/jobs/new/",
        "/jobs/",
        f"/jobs/{trained['job']}/",
        "/models/",
    ):
        page.goto(path)
        overflow = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} is {overflow} px too wide"
    context.close()


def test_the_first_paint_does_not_wait_for_plotly(chromium, portal):
    context = chromium.new_context(base_url=portal.url)
    page = context.new_page()
    sign_in(page, portal, "katrin.vogel")
    held = []
    page.route("**/plotly*.js", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    paint = page.evaluate(FIRST_PAINT)
    assert held, "the page asks for Plotly"
    assert paint > 0
    for route in held:
        route.continue_()
    context.close()
