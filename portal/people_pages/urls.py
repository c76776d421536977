from django.urls import path

from portal.people_pages import views

urlpatterns = [
    path("people/new/", views.employment_new, name="employment-new"),
    path("people/roles/new/", views.job_role_new, name="job-role-new"),
    path("people/<int:pk>/employment/", views.employment, name="employment"),
]
