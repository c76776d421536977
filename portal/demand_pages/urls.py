from django.urls import path

from portal.demand_pages import views

urlpatterns = [
    path("demands/", views.demands, name="demands"),
    path("demands.csv", views.export, {"kind": "csv"}, name="demands-export"),
    path("demands.xlsx", views.export, {"kind": "xlsx"}, name="demands-export-xlsx"),
    path("demands/new/", views.new, name="demand-new"),
    path("demands/<int:pk>/", views.page, name="demand"),
    path("demands/<int:pk>/edit/", views.edit, name="demand-edit"),
    path("demands/<int:pk>/submit/", views.submit, name="demand-submit"),
    path("demands/<int:pk>/decide/", views.decide, name="demand-decide"),
    path("demands/<int:pk>/accept/", views.accept, name="demand-accept"),
]
