from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import people.mail
        import people.webhook_delivery  # noqa: F401  (both take their topics of the outbox)
