from django.urls import path

from outcomes import views, views_kpi, views_target

urlpatterns = [
    path("projects/<slug:key>/kpis/new/", views.kpi_new, name="kpi-new"),
    path("projects/<slug:key>/earning-kpi/", views.earning_kpi, name="earning-kpi"),
    path("kpis/<int:pk>/edit/", views_kpi.kpi_edit, name="kpi-edit"),
    path("kpis/<int:pk>/measurements/new/", views.measurement_new, name="measurement-new"),
    path("kpis/<int:pk>/targets/", views_target.kpi_targets, name="kpi-targets"),
    path("kpis/<int:pk>/import/", views_target.measurements_import, name="measurements-import"),
    path("kpis/<int:pk>/template.csv", views_target.measurements_template, name="measurements-template"),
    path("kpis/<int:pk>/contracts/new/", views.contract_new, name="contract-new"),
    path("contracts/<int:pk>/sign/", views.contract_sign, name="contract-sign"),
]
