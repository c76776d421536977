from django.urls import path

from portal.outcome_pages import benefit_views, case_views, feedback_views, forecaster_views, objective_views

urlpatterns = [
    path("benefits/", benefit_views.benefits, name="benefits"),
    path("benefits.csv", benefit_views.benefits_export, {"kind": "csv"}, name="benefits-export"),
    path("benefits.xlsx", benefit_views.benefits_export, {"kind": "xlsx"}, name="benefits-export-xlsx"),
    path("benefits/forecasters/", forecaster_views.forecasters, name="forecasters"),
    path("benefits/<int:pk>/", benefit_views.benefit, name="benefit"),
    path("benefits/<int:pk>/realise/", benefit_views.benefit_realise, name="benefit-realise"),
    path("benefits/<int:pk>/plan/", benefit_views.benefit_plan, name="benefit-plan"),
    path("projects/<slug:key>/benefits/new/", benefit_views.benefit_new, name="benefit-new"),
    path("feedback/", feedback_views.feedback, name="feedback-board"),
    path("feedback.csv", feedback_views.feedback_export, {"kind": "csv"}, name="feedback-export"),
    path("feedback.xlsx", feedback_views.feedback_export, {"kind": "xlsx"}, name="feedback-export-xlsx"),
    path("feedback/<int:pk>/triage/", feedback_views.feedback_triage, name="feedback-triage"),
    path("objectives/", objective_views.objectives, name="objectives"),
    path("objectives.csv", objective_views.objectives_export, {"kind": "csv"}, name="objectives-export"),
    path("objectives.xlsx", objective_views.objectives_export, {"kind": "xlsx"}, name="objectives-export-xlsx"),
    path("explain/objectives/", objective_views.objectives_explain, name="objectives-explain"),
    path("objectives/new/", objective_views.objective_new, name="objective-new"),
    path("objectives/<int:pk>/key-results/new/", objective_views.key_result_new, name="key-result-new"),
    path("projects/<slug:key>/case/", case_views.case, name="case"),
]
