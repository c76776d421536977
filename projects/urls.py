from django.urls import path

from projects import views, views_allocation

urlpatterns = [
    path("projects/new/", views.project_new, name="project-new"),
    path("projects/<slug:key>/edit/", views.project_edit, name="project-edit"),
    path("projects/<slug:key>/feedback/new/", views.feedback_new, name="feedback-new"),
    path("people/<int:pk>/time/", views_allocation.allocation_new, name="allocation-new"),
    path("allocations/<int:pk>/", views_allocation.allocation, name="allocation"),
]
