"""A plug-in for mypy that knows ``get_<field>_record()``.

Name it beside that of django-stubs: ``plugins = ["mypy_django_plugin.main",
"number_insight.mypy_plugin"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mypy.nodes import AssignmentStmt, CallExpr, ClassDef, Expression, MemberExpr, NameExpr
from mypy.plugin import ClassDefContext, Plugin
from mypy.plugins.common import add_method_to_class
from mypy.types import NoneType, UnionType

FIELD = "number_insight.modelfields.ScreenedPhoneNumberField"
RECORD = "number_insight.models.records.NumberInsightRecord"


class NumberInsightPlugin(Plugin):
    """Adds to each class with a screened field the method that returns its latest record."""

    def get_customize_class_mro_hook(
        self, fullname: str
    ) -> Callable[[ClassDefContext], None] | None:
        return None if fullname.startswith(("builtins.", "typing.")) else _add_methods


def _add_methods(context: ClassDefContext) -> None:
    names = list(_screened(context))
    record = context.api.named_type_or_none(RECORD) if names else None
    if record is None:
        return
    for name in names:
        returned = UnionType([record, NoneType()])
        add_method_to_class(context.api, context.cls, f"get_{name}_record", [], returned)


def _screened(context: ClassDefContext) -> Iterator[str]:
    """Yield the names that the body of a class assigns a screened field to."""
    for statement in _assignments(context.cls):
        made = statement.rvalue
        if not isinstance(made, CallExpr) or _fullname(context, made.callee) != FIELD:
            continue
        yield from (name.name for name in statement.lvalues if isinstance(name, NameExpr))


def _assignments(definition: ClassDef) -> Iterator[AssignmentStmt]:
    return (line for line in definition.defs.body if isinstance(line, AssignmentStmt))


def _fullname(context: ClassDefContext, callee: Expression) -> str | None:
    """Return the dotted name of `callee`: "ScreenedPhoneNumberField", "modelfields.Screened…"."""
    dotted = _dotted(callee)
    if dotted is None:
        return None
    found = context.api.lookup_qualified(dotted, callee, suppress_errors=True)
    return None if found is None else found.fullname


def _dotted(expression: Expression) -> str | None:
    if isinstance(expression, NameExpr):
        return expression.name
    if isinstance(expression, MemberExpr):
        before = _dotted(expression.expr)
        return None if before is None else f"{before}.{expression.name}"
    return None


def plugin(_version: str) -> type[NumberInsightPlugin]:
    """Return the plug-in; mypy calls this."""
    return NumberInsightPlugin
