"""Versions of plans, tranches, and what a line does when it is used up."""

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from finance.models import BudgetLine
from finance.services.budget import set_line_policy
from finance.services.plan import PlannedAmount, approve_version, draft_version, plan_tranches, release_tranche
from ledger.base import Base
from ledger.books import Plan, Tranche
from ledger.world import CURRENCIES, GATES, LINE, OFTEN, PICK, PROJECTS, SELDOM


class Plans(Base):
    @rule(
        budget=st.sampled_from("AABC"),
        changes=st.dictionaries(
            st.sampled_from(["compute", "people", "data"]),
            st.tuples(st.sampled_from(["used", "plan"]), st.integers(-1, 1) | st.integers(0, 3_000)),
            min_size=1,
        ),
        is_whole=SELDOM,
        part=st.integers(0, 100),
        centre=st.sampled_from([None, "whole"]),
    )
    def draft(self, budget, changes, is_whole, part, centre):
        """Change some of the plan, often to just what is used; seldom leave the rest of it out."""
        sums = {} if is_whole else dict(self.books.in_force[budget].sums)
        for category, (mode, more) in changes.items():
            line = budget, category
            floor = max(self.books.used(line), self.books.released(line)) if line in self.lines else 0
            sums[category] = max(0, more + (floor if mode == "used" else 2_000))
        planned = []
        for category, minor in sums.items():
            first = minor * part // 100
            planned.append(PlannedAmount(self.world.periods[0], category, "data", first))
            planned.append(
                PlannedAmount(
                    self.world.periods[1], category, "training", minor - first, self.world.centres.get(centre)
                )
            )
        refusals = self.books.closed_to_new(budget)
        version = self.attempt(refusals, draft_version, budget=self.world.budgets[budget], lines=planned, reason="x",
                               at=self.when(), by=self.world.manager)  # fmt: skip
        if not version:
            return
        self.versions.append(version)
        number = 1 + sum(plan.budget == budget for plan in self.books.plans)
        self.books.plans.append(Plan(budget, number, sums))

    @precondition(lambda self: len(self.versions) > len(CURRENCIES))
    @rule(pick=PICK, is_last=OFTEN)
    def approve(self, pick, is_last):
        later = len(self.versions) - len(CURRENCIES)
        number = len(CURRENCIES) + (later - 1 if is_last else pick % later)
        plan = self.books.plans[number]
        refusals = {"not_a_draft"} if plan.is_approved else set()
        refusals |= self.books.closed_to_new(plan.budget)
        if self.books.in_force[plan.budget].number > plan.number:
            refusals.add("overtaken")
        for line in self.lines:
            due, (planned, released, *used) = plan.sums.get(line[1], 0), self.books.row(line)
            is_low = (planned > due and sum(used) > due) or (plan.budget in self.books.metered and released > due)
            if line[0] == plan.budget and is_low:
                refusals.add("plan_below_used")
            if line[0] == plan.budget and self.books.metered_of(line) > due:
                refusals.add("tranches_above_plan")
        if not self.attempt(
            refusals, approve_version, version=self.versions[number], at=self.when(), by=self.world.finance
        ):
            return
        plan.is_approved, self.books.in_force[plan.budget] = True, plan
        for category in plan.sums:
            line = plan.budget, category
            if line not in self.lines:
                self.lines[line] = BudgetLine.objects.select_related("budget__project").get(
                    budget=self.world.budgets[plan.budget], category=category
                )
                self.books.lines.add(line)

    @rule(
        budget=st.sampled_from("AABC"),
        shares=st.lists(st.tuples(st.integers(0, 2_500), st.integers(0, 2_500)), min_size=1, max_size=3),
        expires_on=st.sampled_from([None, None, date(2026, 4, 10)]),
    )
    def plan_tranches(self, budget, shares, expires_on):
        """Meter what is not released yet, from the gate on that the project comes to next."""
        books, mine = self.books, [line for line in self.lines if line[0] == budget]
        stations = GATES[self.station[PROJECTS[budget]] :][: len(shares)]
        if not stations:
            return
        amounts = {
            station: {line[1]: minor for line, minor in zip(mine, share, strict=False)}
            for station, share in zip(stations, shares, strict=False)
        }
        held = [each for each in books.tranches if each.budget == budget and each.is_released]
        refusals = books.closed_to_new(budget)
        if budget not in books.metered and any(any(books.row(line)[2:]) for line in mine):
            refusals.add("already_used")
        if {each.station for each in held} & set(stations):
            refusals.add("already_released")
        for _budget, category in mine:
            metered = sum(each.amounts.get(category, 0) for each in held)
            if metered + sum(each.get(category, 0) for each in amounts.values()) > books.planned((budget, category)):
                refusals.add("tranches_above_plan")
        made = self.attempt(refusals, plan_tranches, budget=self.world.budgets[budget], tranches=amounts,
                            expires_on=expires_on, by=self.world.manager)  # fmt: skip
        if made:
            books.metered.add(budget)
            for each in books.tranches:
                each.is_gone = each.is_gone or (each.budget == budget and not each.is_released)
            self.tranches += made
            books.tranches += [Tranche(budget, str(station), each, expires_on) for station, each in amounts.items()]

    def refused_release(self, tranche):
        refusals = {"tranche_expired"} if tranche.expires_on and tranche.expires_on <= self.today else set()
        if tranche.is_released:
            return refusals | {"already_released"}
        for category, minor in tranche.amounts.items():
            line = tranche.budget, category
            if self.books.released(line) + minor > self.books.planned(line):
                refusals.add("tranches_above_plan")
        return refusals

    @precondition(lambda self: self.tranches)
    @rule(pick=PICK, is_reused=SELDOM)
    def release_tranche(self, pick, is_reused):
        number, at = pick % len(self.tranches), self.when()
        tranche, reference = self.books.tranches[number], f"memo:{self.name()}"
        refusals = {"changed", "already_released", "tranche_expired"}
        if not tranche.is_gone:
            refusals = self.refused_release(tranche)
            if is_reused and self.references:
                whose, reference = self.references[pick % len(self.references)]
                refusals |= {"reference_used"} if whose != number else set()
        refusals |= self.books.closed_to_new(tranche.budget)
        if self.attempt(refusals, release_tranche, tranche=self.tranches[number], reference=reference, at=at,
                        by=self.world.manager):  # fmt: skip
            tranche.is_released = True
            self.references.append((number, reference))

    @rule(line=LINE, policy=st.sampled_from(["stop", "warn", "ignore"]))
    def set_policy(self, line, policy):
        line = self.on_line(line)
        self.attempt(set(), set_line_policy, line=self.lines[line], policy=policy, by=self.world.manager)
        self.books.policies[line] = policy
