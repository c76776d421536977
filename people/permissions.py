"""Who may read the trail of what everybody did."""

from people.models import User


def may_read_audit(user: User) -> bool:
    return user.sees_everything
