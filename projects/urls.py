from django.urls import path

from projects import views

urlpatterns = [
    path("projects/new/", views.project_new, name="project-new"),
    path("projects/<slug:key>/edit/", views.project_edit, name="project-edit"),
    path("projects/<slug:key>/feedback/new/", views.feedback_new, name="feedback-new"),
]
