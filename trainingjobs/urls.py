from django.urls import path

from trainingjobs import views

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs.csv", views.export, name="jobs-export"),
    path("jobs/<slug:key>-<int:number>/cancel/", views.cancel, name="job-cancel"),
    path("jobs/<slug:key>-<int:number>/log/", views.log, name="job-log"),
    path("jobs/<slug:key>-<int:number>/clone/", views.clone, name="job-clone"),
    path("projects/<slug:key>/jobs/new/", views.new, name="job-new"),
    path("projects/<slug:key>/jobs/price/", views.price, name="job-price"),
]
