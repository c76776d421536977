from django.urls import path

from experiments import views

urlpatterns = [
    path("models/", views.models, name="models"),
    path("models/<uuid:pk>/files/<str:name>", views.model_file, name="model-file"),
]
