"""Who may read the trail of what everybody did, and who is employed at what."""

from people.models import ServiceClient, User


def may_read_audit(user: User) -> bool:
    return user.sees_everything


def may_see_people(user: User) -> bool:
    """Employments and what an hour of a role costs: read and write."""
    return user.sees_everything


def may_connect(user: User) -> bool:
    """Let other systems in, and tell them what happened."""
    return user.sees_everything


def roles_to_give(user: User) -> list[str]:
    """The roles that a system may get from somebody: the lower ones and his own; an admin gives every role."""
    if user.is_superuser:
        return list(User.Role)
    return [User.Role.VIEWER, User.Role.ENGINEER, User.Role(user.role)] if user.sees_everything else []


def may_act(client: ServiceClient) -> bool:
    """A client has no rights of its own: it acts while whoever answers for it is in use and may give its role."""
    keeper = client.kept_by
    return client.revoked_at is None and keeper.is_active and client.user.role in roles_to_give(keeper)
