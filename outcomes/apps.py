from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import outcomes.services.triage  # noqa: F401  (takes the topic feedback_recorded)
