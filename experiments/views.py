"""Pages on models."""

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from engine.recipes import RECIPES
from experiments.files import path_of
from experiments.models import ModelVersion
from people.requests import PersonRequest
from projects.models import Project

PER_PAGE = 25


@require_safe
def models(request: PersonRequest) -> HttpResponse:
    """Every finished model that the reader may see, newest first."""
    text, project, kind = (
        request.GET.get(name, "").strip()[:80].replace("\x00", "") for name in ("q", "project", "kind")
    )
    visible = ModelVersion.objects.visible_to(request.user)
    found = visible.select_related(
        "run__project", "run__dataset", "run__job", "run__parent__run__project", "run__parent__run__job"
    ).order_by("-created_at", "pk")
    if project:
        found = found.filter(run__project__key__iexact=project)
    if kind:
        found = found.filter(kind=kind)
    if text:
        found = found.filter(
            Q(run__name__icontains=text)
            | Q(kind__icontains=text)
            | Q(registered_name__icontains=text)
            | Q(digest__startswith=text.lower())
            | Q(run__project__title__icontains=text)
        )
    return render(
        request,
        "experiments/models.html",
        {
            "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
            "recipes": RECIPES,
            "text": text,
            "project": project,
            "kind": kind,
            "projects": Project.objects.visible_to(request.user).offered(),
            "kinds": visible.order_by("kind").values_list("kind", flat=True).distinct(),
            "is_filtered": bool(text or project or kind),
        },
    )


@require_safe
def model_file(request: PersonRequest, pk: str, name: str) -> FileResponse:
    """One file of a model, as a download."""
    model = get_object_or_404(ModelVersion.objects.visible_to(request.user).select_related("run"), pk=pk)
    path = path_of(model, name)
    if path is None:
        raise Http404
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{model.run.name}-{name}",
        content_type="application/octet-stream",
    )
