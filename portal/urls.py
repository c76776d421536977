"""Every address of the product, by app."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal.views import (
    budget,
    forecasts,
    gates,
    money,
    notices,
    people,
    portfolio,
    project,
    reference,
    session,
    waste,
    what_if,
)

urlpatterns = [
    path("", portfolio.board, name="portfolio"),
    path("portfolio.csv", portfolio.export, name="portfolio-export"),
    path("explain/portfolio/<slug:what>/", portfolio.explain_portfolio, name="explain-portfolio"),
    path("projects/", portfolio.projects, name="projects"),
    path("", include("projects.urls")),
    path("projects/<slug:key>/", project.page, name="project"),
    path("projects/<slug:key>/budget/", budget.page, name="project-budget"),
    path("money/", money.board, name="money"),
    path("money.csv", money.export, name="money-export"),
    path("waste/", waste.page, name="waste"),
    path("cost-per-point/", waste.cost_per_point, name="cost-per-point"),
    path("explain/money/<slug:what>/", money.explain, name="money-explain"),
    path("kpis/<int:pk>/", project.kpi, name="kpi"),
    path("", include("outcomes.urls")),
    path("", include("trainingjobs.urls")),
    path("", include("experiments.urls")),
    path("", include("finance.urls")),
    path("", include("portal.job_pages.urls")),
    path("", include("portal.demand_pages.urls")),
    path("", include("portal.plan_pages.urls")),
    path("", include("portal.outcome_pages.urls")),
    path("jobs/forecasts/", forecasts.page, name="forecasts"),
    path("what-if/", what_if.page, name="what-if"),
    path("gates/", gates.gates, name="gates"),
    path("gates.csv", gates.export, name="gates-export"),
    path("gates/<int:pk>/", gates.review, name="gate-review"),
    path("gates/<int:pk>/answers/<int:criterion>/", gates.answer, name="gate-answer"),
    path("gates/<int:pk>/decide/", gates.decide, name="gate-decide"),
    path("gates/<int:pk>/withdraw/", gates.withdraw, name="gate-withdraw"),
    path("projects/<slug:key>/gate/", gates.ask, name="gate-review-new"),
    path("people/", people.people, name="people"),
    path("people.csv", people.export, name="people-export"),
    path("", include("portal.connection_pages.urls")),
    path("search/", reference.search, name="search"),
    path("audit/", reference.audit, name="audit"),
    path("audit/export/", reference.audit_export, name="audit-export"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="notices-bell"),
    path("notices/read-all/", notices.read_all, name="notices-read-all"),
    path("notices/mail/", notices.mail, name="notices-mail"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("sign-in/", session.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("theme/", session.choose_theme, name="theme"),
    path("admin/", admin.site.urls),
    path("api/", include("portal.api.urls")),
    path("", include("portal.health")),
]
handler400 = "portal.views.faults.bad_request"
handler403 = "portal.views.faults.permission_denied"
handler404 = "portal.views.faults.page_not_found"
handler500 = "portal.views.faults.server_error"
