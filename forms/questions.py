"""A question made of a form-js component: its format, its rules, its default."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from forms import dates, numbers, profile
from forms.components import Component
from forms.model import MAX_FILE_SIZE, MAX_FILES, Field
from forms.patterns import PatternRefused, compile_pattern

MEGABYTE = 1024 * 1024


def field_of(component: Component, made_id: str, key: str, hide: str | None) -> Field:
    """The question a component asks."""
    source, kind = component.source, str(component.source["type"])
    properties = component.properties
    rules = _rules(component, kind)
    options, options_from = (
        component.options() if kind in profile.OPTION_KINDS else ((), None)
    )
    hints = (component.text("description"), properties.get("ebg:hint", ""))
    made = Field(
        made_id,
        key,
        kind,
        _format(component, kind, rules),
        _label(component, kind),
        hint=" ".join(filter(None, hints)),
        hide=hide,
        required=rules.get("required") is True,
        readonly=component.flag("readonly") or component.flag("disabled"),
        options=options,
        options_from=options_from,
        minimum=_bound(component, rules, "min"),
        maximum=_bound(component, rules, "max"),
        step=_number(component, "increment", source.get("increment")),
        decimals=component.whole("decimalDigits", 0, 10),
        min_length=component.whole("minLength", 0, profile.MAX_CHARS, rules),
        max_length=component.whole("maxLength", 1, profile.MAX_CHARS, rules),
        pattern=_pattern(component, rules),
        pattern_message=str(rules.get("patternErrorMessage") or ""),
        future_only=component.flag("disallowPassedDates"),
        accept=_accept(component),
        multiple=component.flag("multiple"),
        max_size=(component.whole_property("ebg:max_size", 1, 500) or 0) * MEGABYTE
        or MAX_FILE_SIZE,
        max_files=component.whole_property("ebg:max_files", 1, 100) or MAX_FILES,
        check=_check(component),
        check_message=properties.get("ebg:message", ""),
        prefix=_adorner(component, "prefixAdorner"),
        suffix=_adorner(component, "suffixAdorner"),
        autocomplete=_autocomplete(component),
        properties=dict(properties),
        default=source.get("defaultValue"),
    )
    _check_default(component, made)
    return made


def _rules(component: Component, kind: str) -> dict[str, Any]:
    found = component.source.get("validate", {})
    if not isinstance(found, dict):
        component.refuse(
            f"Les contrôles de {component.called} n’ont pas la forme attendue."
        )
        return {}
    for key in sorted(
        set(found) - profile.VALIDATIONS.get(kind, frozenset()) - {"required"}
    ):
        component.refuse(f"Le contrôle « {key} » de {component.called} n’est pas admis.")
    if not isinstance(found.get("required", False), bool):
        component.refuse(f"« required » de {component.called} est vrai ou faux.")
    return found


def _label(component: Component, kind: str) -> str:
    if kind == "datetime" and not component.source.get("label"):
        which = "timeLabel" if component.source.get("subtype") == "time" else "dateLabel"
        return component.text(which, required=True)
    return component.text("label", required=True)


def _format(component: Component, kind: str, rules: Mapping[str, Any]) -> str:
    match kind:
        case "datetime":
            subtype = component.source.get("subtype", "date")
            known = {"date": "date", "time": "time", "datetime": "moment"}
            if not isinstance(subtype, str) or subtype not in known:
                component.refuse(
                    f"{component.called} demande une date, une heure ou les deux."
                )
                return "date"
            return known[subtype]
        case "textfield":
            named = rules.get("validationType") or "custom"
            usual = {"email": "email", "phone": "telephone", "custom": "text"}
            if not isinstance(named, str) or named not in usual:
                component.refuse(f"Le contrôle de forme de {component.called} est inconnu.")
                return "text"
            return component.format(usual[named])
        case "number" | "textarea":
            return component.format("number" if kind == "number" else "paragraph")
        case "checkbox":
            return "boolean"
        case _:
            return "text"


def _number(component: Component, key: str, found: Any) -> str | None:
    if found is None or found == "":
        return None
    try:
        number = numbers.exact(found) if not isinstance(found, str) else Decimal(found)
    except ArithmeticError:
        number = None
    if number is None or not number.is_finite() or abs(number) > Decimal(10) ** 15:
        component.refuse(f"« {key} » de {component.called} doit être un nombre.")
        return None
    if key == "increment" and number <= 0:
        component.refuse(f"« increment » de {component.called} doit être positif.")
        return None
    return str(number)


def _bound(component: Component, rules: Mapping[str, Any], key: str) -> str | None:
    found = rules.get(key)
    if isinstance(found, str) and found.startswith("="):
        return component.feel(found, f"La borne « {key} »")
    return _number(component, key, found)


def _pattern(component: Component, rules: Mapping[str, Any]) -> str | None:
    found = rules.get("pattern")
    if found is None or found == "":
        return None
    try:
        compile_pattern(str(found))
    except PatternRefused as refused:
        component.refuse(f"Le motif de {component.called} n’est pas admis : {refused}.")
        return None
    return str(found)


def _accept(component: Component) -> tuple[str, ...]:
    found = component.text("accept")
    kinds = tuple(kind.strip().lower() for kind in found.split(",") if kind.strip())
    for kind in kinds:
        bare = kind.removeprefix(".").replace("/*", "").replace("/", "").replace("-", "")
        if not (kind.startswith(".") or "/" in kind) or not bare.replace(".", "").isalnum():
            component.refuse(
                f"« accept » de {component.called} contient « {kind[:40]} » : écrivez des "
                "extensions séparées par des virgules, par exemple « .pdf,.jpg »."
            )
    return kinds


def _check(component: Component) -> str | None:
    found = component.properties.get("ebg:check")
    if not found:
        return None
    if not component.properties.get("ebg:message"):
        component.refuse(
            f"Ajoutez « ebg:message » à {component.called} : la phrase à lire quand "
            "« ebg:check » est faux."
        )
    return component.feel(found, "Le contrôle « ebg:check »")


def _adorner(component: Component, key: str) -> str:
    found = component.source.get("appearance", {})
    if not isinstance(found, dict) or set(found) - {"prefixAdorner", "suffixAdorner"}:
        component.refuse(f"L’apparence de {component.called} n’a pas la forme attendue.")
        return ""
    return str(found.get(key) or "")[:40]


def _autocomplete(component: Component) -> str:
    found = component.properties.get("ebg:autocomplete", "")
    if found and found not in profile.AUTOCOMPLETE:
        component.refuse(
            f"« ebg:autocomplete » de {component.called} est inconnu : « {found} »."
        )
        return ""
    return found


def _check_default(component: Component, field: Field) -> None:
    value = field.default
    if value is None:
        return
    if field.kind == "checkbox":
        fits = isinstance(value, bool)
    elif field.kind == "number":
        fits = numbers.exact(value) is not None
    elif field.format in {"date", "moment"}:
        fits = dates.iso_day(value) is not None or dates.iso_moment(value) is not None
    elif field.is_list:
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
    else:
        fits = isinstance(value, str)
    known = {option.value for option in field.options}
    if fits and known:
        fits = set(value if isinstance(value, list) else [value]) <= known
    if not fits:
        component.refuse(f"La valeur par défaut de {component.called} ne convient pas.")
