from django.urls import path

from finance import (
    views,
    views_completion,
    views_exchange,
    views_orders,
    views_periods,
    views_plan,
    views_rates,
    views_tranches,
)

urlpatterns = [
    path("rate-cards/", views.rate_cards, name="rate-cards"),
    path("people/rates/", views_rates.rates, name="role-rates"),
    path("people/rates/new/", views_rates.rate_new, name="role-rate-new"),
    path("people/rates/<int:pk>/", views_rates.rate, name="role-rate"),
    path("projects/<slug:key>/limits/", views.limits, name="project-limits"),
    path("projects/<slug:key>/completion/", views_completion.completion, name="project-completion"),
    path("projects/<slug:key>/budgets/new/", views_plan.budget_new, name="budget-new"),
    path("budgets/<int:pk>/versions/new/", views_plan.version_new, name="budget-version-new"),
    path("budgets/<int:pk>/tranches/", views_tranches.tranches, name="budget-tranches"),
    path("budgets/<int:pk>/orders/new/", views_orders.order_new, name="order-new"),
    path("budgets/<int:pk>/invoices/new/", views_orders.invoice_new, name="invoice-new"),
    path("journal-entries/<int:pk>/reverse/", views_orders.entry_reverse, name="entry-reverse"),
    path("budget-versions/<int:pk>/", views_plan.version, name="budget-version"),
    path("budget-versions/<int:pk>/edit/", views_plan.version_edit, name="budget-version-edit"),
    path("commitments/<int:pk>/cancel/", views_plan.commitment_cancel, name="commitment-cancel"),
    path("money/rates/", views_exchange.rates, name="exchange-rates"),
    path("money/rates/new/", views_exchange.rate_new, name="exchange-rate-new"),
    path("money/periods/", views_periods.periods, name="periods"),
    path("money/periods/open/", views_periods.periods_open, name="periods-open"),
    path("money/periods/<int:pk>/status/", views_periods.period_status, name="period-status"),
]
