from django.urls import path

from portal.plan_pages import views

urlpatterns = [
    path("projects/<slug:key>/plan/", views.page, name="project-plan"),
    path("projects/<slug:key>/plan/edit/", views.edit, name="project-plan-edit"),
    path("projects/<slug:key>/state/", views.state, name="project-state"),
    path("projects/<slug:key>/milestones/new/", views.milestone_new, name="milestone-new"),
    path("projects/<slug:key>/milestones/<int:pk>/", views.milestone, name="milestone"),
    path("projects/<slug:key>/milestones/<int:pk>/reach/", views.milestone_reach, name="milestone-reach"),
    path("projects/<slug:key>/milestones/<int:pk>/remove/", views.milestone_remove, name="milestone-remove"),
    path(
        "projects/<slug:key>/milestones/<int:pk>/waits-for/<int:dependency>/remove/",
        views.dependency_remove,
        name="dependency-remove",
    ),
    path("projects/<slug:key>/risks/new/", views.risk_new, name="risk-new"),
    path("projects/<slug:key>/risks/<int:pk>/", views.risk, name="risk"),
    path("projects/<slug:key>/risks/<int:pk>/close/", views.risk_close, name="risk-close"),
]
