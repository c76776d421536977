"""Add people and departments, and the audit trail: every verb of the product leaves one entry."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone

from people.models import AuditEntry, Department, User


def record_audit(
    *, verb: str, subject: models.Model, by: User | None, detail: dict[str, Any] | None = None
) -> AuditEntry:
    """Add one entry, in the transaction of the verb that calls it. `by` is None when the product itself acts."""
    return AuditEntry.objects.create(
        at=timezone.now(),
        actor=by,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        detail=detail or {},
    )


@transaction.atomic
def add_department(*, code: str, name: str, by: User | None) -> Department:
    """Add a department that can sponsor projects and employ people."""
    department = Department(code=code, name=name)
    department.full_clean()
    department.save()
    record_audit(verb="add_department", subject=department, by=by, detail={"code": code})
    return department


@transaction.atomic
def add_user(
    *,
    username: str,
    password: str,
    role: str,
    by: User | None,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    job_title: str = "",
    department: Department | None = None,
    is_admin: bool = False,
) -> User:
    """Let somebody sign in. An admin also opens the admin pages, whatever the role."""
    user = User(
        username=username,
        role=role,
        first_name=first_name,
        last_name=last_name,
        email=email,
        job_title=job_title,
        department=department,
        is_staff=is_admin,
        is_superuser=is_admin,
    )
    user.set_password(password)
    user.full_clean()
    user.save()
    record_audit(verb="add_user", subject=user, by=by, detail={"username": username, "role": role, "admin": is_admin})
    return user
