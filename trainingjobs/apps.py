from django.apps import AppConfig


class TrainingJobsConfig(AppConfig):
    name = "trainingjobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import trainingjobs.services.publish  # noqa: F401  (takes the topic publish_run)
