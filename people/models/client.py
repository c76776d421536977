"""Systems that use the REST interface in their own name: HR, finance, planning."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.person import User
from people.querysets import ServiceClientQuerySet


class ServiceClient(models.Model):
    """A system with a name, an OAuth 2 identity, the scopes it may ask for and a user in whose name it acts.

    The user has a role like everybody and no password; the secret is kept as a hash by the OAuth 2 application. It acts
    only while somebody in use answers for it who may give its role.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    user = models.OneToOneField(User, models.PROTECT, related_name="service_client", verbose_name=_("acts as"))
    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, models.PROTECT, related_name="service_client"
    )
    scopes = models.JSONField(_("may"), default=list)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created at"))
    kept_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("answered for by"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    objects = ServiceClientQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
