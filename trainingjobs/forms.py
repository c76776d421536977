"""The submission form, made from the schema of a recipe. The recipe stays the judge: a form shows and carries text."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from engine.recipe import Recipe
from engine.recipes import RECIPES
from experiments.models import ModelVersion, Run
from people.models import User
from projects.models import Project
from trainingjobs.bounds import bounds_of
from trainingjobs.hyperparameters import Setting, settings_of, validate_params
from trainingjobs.models import Priority, TrainingJob
from trainingjobs.permissions import may_prioritise
from trainingjobs.setting_field import SettingField
from trainingjobs.terms import Terms

FIELD_OF = {  # where a refusal of the domain is shown, by its code
    "wrong_parent": "parent",
    "missing_parent": "parent",
    "unexpected_parent": "parent",
    "bad_time_limit": "stop_after",
    "priority_not_allowed": "priority",
}
HISTORY = 200  # finished runs that say where good values have been


class JobForm:
    """One recipe's form in one project, filled from the defaults, from another job, or from what was typed.

    `changes` is a job that has not started: its recipe and its parent stay as they are.
    """

    def __init__(
        self,
        *,
        project: Project,
        user: User,
        recipe: Recipe,
        typed: Mapping[str, Any] | None = None,
        source: TrainingJob | None = None,
        parent_id: str = "",
        changes: TrainingJob | None = None,
    ) -> None:
        self.project, self.user, self.recipe, self.typed, self.changes = project, user, recipe, typed, changes
        self.source = changes or source
        self.terms = self._terms()
        self.errors: dict[str, list[str]] = {"stop_after": [self.terms.error]} if self.terms.error else {}
        self.refusals: list[ValidationError] = []
        self.parent_id = parent_id
        if typed is not None:
            self.parent_id = typed.get("parent", "")
        elif source is not None and not parent_id and source.parent_id:
            self.parent_id = str(source.parent_id)

    def _terms(self) -> Terms:
        """A job to change keeps its priority; a clone is never high by itself."""
        if self.typed is not None:
            return Terms.read(self.typed)
        if self.changes:
            return Terms.of(self.changes, priority=self.changes.priority)
        return Terms.of(self.source, priority=min(self.source.priority, Priority.NORMAL)) if self.source else Terms()

    # What the form carries

    @cached_property
    def raw(self) -> dict[str, Any]:
        """Text by setting as a browser sends it; an unticked box sends nothing."""
        if self.typed is None:
            known = self.source.params if self.source is not None and self.source.recipe == self.recipe.slug else {}
            return {setting.name: known.get(setting.name, setting.default) for setting in self.settings}
        return {setting.name: self._typed_value(setting) for setting in self.settings}

    def _typed_value(self, setting: Setting) -> Any:
        assert self.typed is not None  # noqa: S101  narrowed by `raw`
        if setting.kind == "bool":
            return setting.name in self.typed
        return self.typed.get(setting.name, setting.default)

    @cached_property
    def settings(self) -> list[Setting]:
        return settings_of(self.recipe)

    @cached_property
    def params(self) -> Any | None:
        """The judged settings, or None with the reasons in `errors`."""
        try:
            return validate_params(self.recipe, self.raw)
        except ValidationError as refusal:
            self.refuse(refusal)
            return None

    @cached_property
    def parent(self) -> ModelVersion | None:
        if self.changes:
            return self.changes.parent
        return next((model for model in self.parents if str(model.pk) == self.parent_id), None)

    @cached_property
    def parents(self) -> list[ModelVersion]:
        """Models this recipe may start from, newest first; other projects' models that the person may see come last."""
        if not self.recipe.parent_kinds:
            return []
        models = (
            ModelVersion.objects.visible_to(self.user)
            .of_kinds(self.recipe.parent_kinds)
            .select_related("run", "run__project")
            .order_by("-created_at")[:100]
        )
        return sorted(models, key=lambda model: model.run.project_id != self.project.pk)

    @property
    def first_recipe(self) -> Recipe | None:
        """The recipe to run first where no model is there to start from."""
        return next((recipe for recipe in RECIPES.values() if recipe.produces in self.recipe.parent_kinds), None)

    @property
    def needs_parent(self) -> bool:
        return bool(self.recipe.parent_kinds)

    @property
    def priorities(self) -> list[tuple[int, str]]:
        """High is offered to who may give it, and kept where it was given."""
        may = may_prioritise(self.user, self.project) or (self.changes and self.changes.priority == Priority.HIGH)
        return [(value, str(label)) for value, label in Priority.choices if may or value <= Priority.NORMAL]

    # What is wrong

    @property
    def is_good(self) -> bool:
        return self.params is not None and not self.refusals and not self.errors

    def refuse(self, refusal: ValidationError) -> None:
        """Sort a refusal of the domain to the fields it speaks of; the rest concerns the job as a whole."""
        if hasattr(refusal, "error_dict"):
            for name, reasons in refusal.message_dict.items():
                self.errors[name] = list(reasons)
            return
        for one in refusal.error_list:
            field = FIELD_OF.get(getattr(one, "code", None) or "")
            if field:
                self.errors[field] = list(one.messages)
            else:
                self.refusals.append(one)

    def corrections(self) -> list[tuple[str, str]]:
        """(id of the control, label) of everything to correct first."""
        _judged = self.params
        labels = {setting.name: setting.label for setting in self.settings}
        labels |= {"stop_after": _("Stop after"), "priority": _("Priority")}
        listed = [(f"set-{name}", labels.get(name, name)) for name in self.errors if name != "parent"]
        if "parent" in self.errors or (self.needs_parent and self.parent is None):
            listed.append(("set-parent", _("start from")))
        return listed

    # What the page shows

    def fields(self) -> list[SettingField]:
        _judged = self.params
        return [self._field(setting) for setting in self.settings]

    @property
    def plain_fields(self) -> list[SettingField]:
        return [field for field in self.fields() if field.setting.kind != "bool" and not field.setting.advanced]

    @property
    def advanced_fields(self) -> list[SettingField]:
        return [field for field in self.fields() if field.setting.kind != "bool" and field.setting.advanced]

    @property
    def switches(self) -> list[SettingField]:
        return [field for field in self.fields() if field.setting.kind == "bool"]

    @property
    def opens_advanced(self) -> bool:
        if not self.terms.are_usual or self.errors.keys() & {"stop_after", "priority"}:
            return True
        return any(field.errors or str(field.value) != str(field.setting.default) for field in self.advanced_fields)

    def _field(self, setting: Setting) -> SettingField:
        return SettingField(
            setting=setting,
            value=self.raw[setting.name],
            bounds=bounds_of(setting, self.raw[setting.name], [params.get(setting.name) for params in self.history]),
            errors=tuple(self.errors.get(setting.name, ())),
        )

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """Settings of the newest finished runs of this recipe in this project."""
        return list(
            Run.objects.finished()
            .filter(project=self.project, recipe=self.recipe.slug)
            .order_by("-started_at")
            .values_list("params", flat=True)[:HISTORY]
        )
