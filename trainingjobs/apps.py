from django.apps import AppConfig


class TrainingJobsConfig(AppConfig):
    name = "trainingjobs"
    default_auto_field = "django.db.models.BigAutoField"
