"""Add people and departments, take employments, and the audit trail: every verb of the product leaves one entry."""

import hashlib
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from people.models import AuditEntry, Department, Employment, JobRole, User
from people.validity import demand_order


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


@transaction.atomic
def add_job_role(*, code: str, name: str, by: User | None) -> JobRole:
    """Add a role that people are employed at and hours are priced by."""
    role = JobRole(code=code, name=name)
    role.full_clean()
    role.save()
    record_audit(verb="add_job_role", subject=role, by=by, detail={"code": code})
    return role


def hold_name(*words: str) -> None:
    """Until the transaction ends nobody else holds this name, whether a row bears it yet or not.

    On SQLite writers wait for each other anyway.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def hold_person(source: str, external_id: str) -> None:
    """Nobody else writes about this person of an HR system, known yet or not."""
    hold_name("person", source, external_id)


@transaction.atomic
def record_employment(
    *,
    source: str,
    external_id: str,
    name: str,
    role: JobRole,
    department: Department,
    fte_percent: int,
    valid_from: date | None,
    at: datetime,
    by: User | None,
    valid_to: date | None = None,
    user: User | None = None,
) -> Employment:
    """Take what the HR system says of a person: changed facts end the row before and begin a new one on their day.

    The same facts again change nothing. A system without history sends no day: its changes count from the receipt.
    """
    told = Employment(
        source=source,
        external_id=external_id,
        name=name,
        role=role,
        department=department,
        fte_percent=fte_percent,
        user=user,
        valid_from=valid_from or timezone.localdate(at),
        valid_to=valid_to,
        recorded_at=at,
    )
    told.clean_fields()
    demand_order(told.valid_from, valid_to)
    hold_person(source, external_id)
    rows = Employment.objects.select_for_update().filter(source=source, external_id=external_id).order_by("valid_from")
    before = rows.filter(valid_from__lte=told.valid_from).last()
    after = rows.filter(valid_from__gt=told.valid_from).first()
    if after and (told.valid_to is None or told.valid_to > after.valid_from):
        told.valid_to = after.valid_from
    if before and _goes_on(before, told):
        return _end(before, told.valid_to, by)
    if before and before.valid_from == told.valid_from:
        told = _corrected(before, told)
    elif before and (before.valid_to is None or before.valid_to > told.valid_from):
        _end(before, told.valid_from, by)
    told.full_clean()
    told.save()
    record_audit(verb="record_employment", subject=told, by=by, detail=_facts(told))
    return told


def _goes_on(before: Employment, told: Employment) -> bool:
    """Whether a row says the same of the person and reaches the day from which it is told."""
    same = all(getattr(before, name) == getattr(told, name) for name in Employment.FACTS)
    return same and (before.valid_to is None or before.valid_to >= told.valid_from)


def _corrected(before: Employment, told: Employment) -> Employment:
    """The row of the same day, as it is told now."""
    for name in (*Employment.FACTS, "valid_to", "recorded_at"):
        setattr(before, name, getattr(told, name))
    return before


def _end(row: Employment, on: date | None, by: User | None) -> Employment:
    if row.valid_to != on:
        row.valid_to = on
        row.full_clean()
        row.save(update_fields=["valid_to"])
        record_audit(verb="end_employment", subject=row, by=by, detail={"on": on.isoformat() if on else ""})
    return row


def _facts(row: Employment) -> dict[str, Any]:
    return {
        "source": row.source,
        "number": row.external_id,
        "role": row.role.code,
        "department": row.department.code,
        "fte_percent": row.fte_percent,
        "from": row.valid_from.isoformat(),
        "to": row.valid_to.isoformat() if row.valid_to else "",
    }
