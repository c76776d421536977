"""The story of the managers' half: from a demand to a gate, to money, to a benefit that falls short and asks anew.

One test, for no chapter stands without the one before; each goes through the forms of the people whose step it is.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

KEY, TITLE = "GPR", "Gauge photo reader"
KPI, BENEFIT = "Gauge readings typed wrong", "Press stops saved"
EMPLOYEE, MANAGER, FINANCE, LEAD = "karin.lindqvist", "katrin.vogel", "ruben.castillo", "lena.hoffmann"
SPACE = "\u00a0"

expect.set_options(timeout=15_000)  # a form that writes money holds its rows


@pytest.fixture
def become(page, portal):
    """Sign out whoever sits here and sign in somebody of the cast."""

    def one(username: str) -> None:
        if page.url == "about:blank":
            page.goto("/")
        else:
            page.get_by_role("button", name="Sign out").first.click()
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(portal.people[username]["password"])
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{portal.url}/")

    return one


def euro(amount: str) -> str:
    return f"EUR{SPACE}{amount}"


def open_project(page: Page) -> None:
    """By the menu and the list, as anybody finds it."""
    menu = page.get_by_role("navigation", name="Main")
    menu.get_by_role("link", name="Projects").click()
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def open_budget(page: Page) -> None:
    open_project(page)
    page.locator("#money").get_by_role("link", name=re.compile("^(Budget|Plan a budget)$")).click()


def plan_row(page: Page, row: int, station: str, **amounts: str) -> None:
    page.get_by_label(f"Row {row + 1}, Period").select_option(index=1)
    page.get_by_label(f"Row {row + 1}, Stage").select_option(station)
    for category, amount in amounts.items():
        page.get_by_label(f"Row {row + 1}, {category}").fill(amount)


def record(page: Page, value: str) -> None:
    """Record what the KPI measures now."""
    page.get_by_role("link", name="Record measurement").first.click()
    page.get_by_label("Value").fill(value)
    page.get_by_role("button", name="Record measurement").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded")


def a_demand_becomes_a_project_whose_money_waits_behind_its_gates(page, become):
    become(EMPLOYEE)
    page.get_by_role("link", name="Demands").first.click()
    page.get_by_role("link", name="New demand").click()
    page.get_by_label("In one line").fill("Gauge photos are read by hand")
    page.get_by_label("Problem").fill("Every shift 240 photos are typed in; one of nine is wrong and stops a press.")
    page.get_by_role("radio", name="4").check()
    page.get_by_role("button", name="Submit the demand").click()
    expect(page.get_by_text("A portfolio manager decides.")).to_be_visible()

    become(MANAGER)
    page.get_by_role("link", name="Demands").first.click()
    page.get_by_role("link", name="Gauge photos are read by hand").click()
    page.get_by_role("link", name="Accept and open the project").click()
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Key").fill(KEY)
    page.get_by_label("Portfolio").select_option(label="Plant and supply")
    page.get_by_label("Programme").select_option(label="Plants that run")
    page.get_by_label("Lead").select_option(label="Lena Hoffmann")
    page.get_by_role("group", name="Team").get_by_label("Karin Lindqvist").check()
    page.get_by_role("button", name="Accept and open the project").click()
    expect(page.get_by_role("status")).to_contain_text(f"Accepted. {KEY} is open")
    page.get_by_role("link", name="Plants that run").click()
    expect(page.get_by_role("row").filter(has_text=TITLE)).to_contain_text("No plan yet")

    open_budget(page)
    page.get_by_role("link", name="Open a budget").click()
    page.get_by_label("Name").fill("First stages")
    page.get_by_role("button", name="Open the budget").click()
    page.get_by_label("What changed, and why").fill("What the demand asks for")
    plan_row(page, 0, "demand", People="4000")
    plan_row(page, 1, "data", People="13500", Compute="500")
    plan_row(page, 2, "training", People="18500", Compute="1500")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text(f"{euro('38,000.00')} in all; drafted by Katrin Vogel")).to_be_visible()

    become(FINANCE)
    need = page.locator("#needs li").filter(has_text="drafted by Katrin Vogel, waits for its approval")
    need.get_by_role("link", name="Read it").click()
    expect(page.get_by_text("The first version: all of it is new")).to_be_visible()
    page.get_by_role("button", name="Approve this version").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{euro('38k')} available to commit")
    page.get_by_role("link", name="Tranches").click()
    expect(page.get_by_label("Data, People")).to_have_value("13500.00")
    page.get_by_role("button", name="Plan the tranches").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        f"{euro('4,000')} available to commit, {euro('34k')} waits behind gates, of {euro('38k')} approved"
    )


def a_gate_reads_live_evidence_and_its_go_releases_what_a_job_then_costs(page, become):
    become(LEAD)
    open_project(page)
    page.get_by_role("link", name="New job").first.click()
    expect(page.locator("#price")).to_contain_text("Not released yet")
    page.get_by_role("button", name="Submit job").click()
    expect(page.locator("#price")).to_contain_text("Over budget by")

    open_project(page)
    page.get_by_role("link", name="Define a KPI").click()
    page.get_by_label("Name").fill(KPI)
    page.get_by_label("Unit").fill("%")
    page.get_by_label("Direction").select_option("lower")
    page.get_by_label("Baseline").fill("11")
    page.get_by_label("Target").fill("2")
    page.get_by_label("Owner").select_option(label="Karin Lindqvist")
    page.get_by_role("button", name="Define the KPI").click()
    open_project(page)
    page.get_by_role("link", name="Ask for a decision").click()
    page.get_by_role("button", name="Ask for a decision").click()
    expect(page.get_by_text("Managers decide. They see the same evidence as you.")).to_be_visible()

    become(MANAGER)
    page.get_by_role("link", name="Gates").first.click()
    page.get_by_role("link", name=re.compile(f"^{TITLE}, gate 1")).click()
    review = page.url
    measured = page.get_by_role("row").filter(has_text="The KPI is measured and no worse than before")
    expect(measured).to_contain_text("Not known")
    expect(page.locator("#outcome-go")).to_be_disabled()

    become(EMPLOYEE)
    open_project(page)
    record(page, "10.1")
    expect(page.get_by_role("heading", level=1)).to_have_text(KPI)

    become(MANAGER)
    page.goto(review)
    expect(measured).to_contain_text("10% of the way")
    expect(measured).to_contain_text("Met")
    page.locator("#outcome-go").check()
    page.get_by_label("Reasons").fill("It is measured, and the money of the data stage is planned.")
    page.get_by_role("button", name="Sign the decision").click()
    expect(page.get_by_role("status")).to_contain_text(f"{KEY}: Go. The evidence is frozen and signed.")
    expect(page.locator(".did")).to_contain_text(f"Released {euro('14,000.00')}")
    open_budget(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{euro('18k')} available to commit")
    tranche = page.locator("#tranches").get_by_role("row").filter(has_text="Data")
    expect(tranche).to_contain_text("Released")
    expect(tranche.get_by_role("link", name="the decision at its gate")).to_be_visible()

    become(LEAD)
    open_project(page)
    page.get_by_role("link", name="New job").first.click()
    expect(page.get_by_role("radio", name=re.compile("^Image classifier Train"))).to_be_checked()
    page.get_by_label(re.compile("^Epochs")).fill("40")
    expect(page.locator("#price")).to_contain_text(f"of {euro('500.00')} released")
    page.get_by_role("button", name="Submit job").click()
    page.wait_for_url(re.compile(rf"/jobs/{KEY}-1/"))
    expect(page.locator("#job-pill")).to_contain_text("Finished", timeout=120_000)
    expect(page.locator("#live")).to_contain_text("charged to the budget")
    open_budget(page)
    posted = page.locator("#entries").get_by_role("row").filter(has_text=f"{KEY}-1")
    expect(posted).to_contain_text(re.compile(rf"EUR{SPACE}0\.(?!00)\d\d"))
    compute = page.locator("#lines div").filter(has_text="Compute").first
    expect(compute).to_contain_text(re.compile(rf"Spent\s*EUR{SPACE}0\.(?!00)\d"))


def a_signed_value_a_promise_that_falls_short_and_the_demand_that_it_opens(page, become):
    become(LEAD)
    open_project(page)
    page.get_by_role("link", name="Draft a value contract").click()
    page.get_by_label("Model metric").select_option("test_accuracy")
    page.get_by_label("Metric before").fill("0.89")
    page.get_by_label(re.compile("^Sensitivity")).fill("-100")
    page.get_by_label("Units a year").fill("260000")
    page.get_by_label("What is counted").fill("readings")
    page.get_by_label(re.compile("^Worth")).fill("0.05")
    page.get_by_label("Upkeep a year").fill("1200")
    page.get_by_role("button", name="Draft this version").click()
    expect(page.get_by_role("status")).to_contain_text("a hypothesis until finance signs it")

    become(FINANCE)
    open_project(page)
    page.get_by_role("link", name="Sign", exact=True).click()
    page.get_by_role("button", name="Sign this contract").click()
    expect(page.get_by_role("status")).to_contain_text("The figure counts on the board from now on")
    expect(page.locator(".terminus")).to_contain_text(re.compile(rf"EUR{SPACE}[1-9]"))
    expect(page.locator(".terminus")).to_contain_text("Signed by Ruben Castillo")

    become(LEAD)
    open_project(page)
    page.get_by_role("main").get_by_role("link", name="Benefits").click()
    page.get_by_role("link", name="New benefit").click()
    page.get_by_label("Name").fill(BENEFIT)
    page.get_by_label("Owner").select_option(label="Karin Lindqvist")
    page.get_by_label("KPI").select_option(label=KPI)
    page.get_by_label("Value contract").select_option(index=1)
    last = date.today().replace(day=1) - timedelta(days=1)
    page.get_by_label("First month").fill(f"{last:%Y-%m}")  # the only promised month that is over: it counts alone
    page.get_by_label("Amount a month").fill("900")
    page.get_by_role("button", name="Promise it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(BENEFIT)
    expect(page.get_by_role("button", name="Record it")).to_be_hidden()  # its owner says what it brought

    become(EMPLOYEE)
    open_project(page)
    record(page, "6.5")
    expect(page.get_by_text("50% of the way")).to_be_visible()
    page.get_by_role("link", name="Benefits").first.click()
    page.get_by_role("link", name=BENEFIT).click()
    page.get_by_label("What it brought").fill("310")
    page.get_by_label("Note").fill("Log of the press")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text(f"Its newest months miss {euro('590')}.")).to_be_visible()
    page.get_by_role("link", name="Plan anew").click()
    page.get_by_label("Amount a month").fill("600")
    page.get_by_role("button", name="Plan it anew").click()
    expect(page.locator("#months").get_by_role("row").nth(1)).to_contain_text(euro("900.00"))  # as it was promised
    expect(page.locator("#months").get_by_role("row").nth(2)).to_contain_text(euro("600.00"))

    become(MANAGER)
    page.get_by_role("link", name="Demands").first.click()
    page.get_by_role("link", name=f"Bring “{BENEFIT}” to its promise").click()
    expect(page.get_by_text(f"brought {euro('310.00')}")).to_be_visible()
    expect(page.locator("dl.facts")).to_contain_text(euro("900.00"))
    expect(page.get_by_role("row").filter(has_text="Opened by a shortfall")).to_contain_text("Throughline")
    expect(page.get_by_role("link", name=f"{KEY} {TITLE}")).to_be_visible()
    page.get_by_role("link", name="Open the cause").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(BENEFIT)
    page.get_by_role("link", name="See the improvement demand").click()
    page.get_by_role("button", name="Take under review").click()
    expect(page.get_by_role("status")).to_contain_text("Decided: Under review.")


def test_a_demand_becomes_money_and_a_shortfall_becomes_a_demand(page, become):
    a_demand_becomes_a_project_whose_money_waits_behind_its_gates(page, become)
    a_gate_reads_live_evidence_and_its_go_releases_what_a_job_then_costs(page, become)
    a_signed_value_a_promise_that_falls_short_and_the_demand_that_it_opens(page, become)
