from django.urls import path

from finance import views

urlpatterns = [
    path("rate-cards/", views.rate_cards, name="rate-cards"),
    path("projects/<slug:key>/limits/", views.limits, name="project-limits"),
]
