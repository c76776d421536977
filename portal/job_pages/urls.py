from django.urls import path

from portal.job_pages import views

urlpatterns = [
    path("jobs/<slug:key>-<int:number>/", views.page, name="job"),
    path("jobs/<slug:key>-<int:number>/live/", views.live, name="job-live"),
    path("jobs/<slug:key>-<int:number>/series/", views.series, name="job-series"),
    path("jobs/<slug:key>-<int:number>/worth/", views.worth, name="job-worth"),
]
