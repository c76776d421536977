from django.urls import path

from trainingjobs import views, views_acts, views_approvals, views_list, views_queue, views_rates, views_timing

urlpatterns = [
    path("jobs/", views_list.jobs, name="jobs"),
    path("jobs/act/", views_list.act, name="jobs-act"),
    path("queue/", views_queue.queue, name="queue"),
    path("approvals/", views_approvals.approvals, name="approvals"),
    path("approvals/<slug:key>-<int:number>/", views_approvals.decide, name="approval-decide"),
    path("jobs.csv", views_list.export, name="jobs-export"),
    path("jobs/<slug:key>-<int:number>/cancel/", views.cancel, name="job-cancel"),
    path("jobs/<slug:key>-<int:number>/pause/", views_acts.pause, name="job-pause"),
    path("jobs/<slug:key>-<int:number>/resume/", views_acts.resume, name="job-resume"),
    path("jobs/<slug:key>-<int:number>/retry/", views_acts.retry, name="job-retry"),
    path("jobs/<slug:key>-<int:number>/priority/", views_acts.priority, name="job-priority"),
    path("jobs/<slug:key>-<int:number>/approve/", views_acts.approve, name="job-approve"),
    path("jobs/<slug:key>-<int:number>/decline/", views_acts.decline, name="job-decline"),
    path("jobs/<slug:key>-<int:number>/change/", views_acts.change, name="job-change"),
    path("jobs/<slug:key>-<int:number>/change/price/", views_acts.change_price, name="job-change-price"),
    path("jobs/<slug:key>-<int:number>/log/", views.log, name="job-log"),
    path("jobs/<slug:key>-<int:number>/clone/", views.clone, name="job-clone"),
    path("rate-cards/<int:pk>/", views_rates.rate_card, name="rate-card"),
    path("projects/<slug:key>/jobs/new/", views.new, name="job-new"),
    path("projects/<slug:key>/jobs/price/", views.price, name="job-price"),
    path("projects/<slug:key>/jobs/timing/", views_timing.time_steps, name="job-time-steps"),
    path("projects/<slug:key>/jobs/timing/<uuid:pk>/", views_timing.timing, name="job-timing"),
]
