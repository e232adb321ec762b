"""One form-js component: its keys checked against the profile, a question made of it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from forms import dates, expressions, formats, numbers, profile
from forms.model import MAX_FILE_SIZE, MAX_FILES, Field, Option
from forms.patterns import PatternRefused, compile_pattern

Refuse = Callable[[str, str], None]
MEGABYTE = 1024 * 1024


class Component:
    """A component being read; every reader refuses what it does not accept."""

    def __init__(self, source: dict[str, Any], path: str, refuse: Refuse) -> None:
        self.source, self.path, self._refuse = source, path, refuse
        name = source.get("label") or source.get("key") or source.get("path") or path
        self.called = f"« {str(name)[:80]} »"
        found = source.get("properties")
        self.properties: dict[str, str] = found if isinstance(found, dict) else {}

    def refuse(self, message: str) -> None:
        self._refuse(self.path, message)

    def known(self) -> bool:
        """Whether the type is accepted; its keys and properties are checked on the way."""
        kind = self.source.get("type")
        if not isinstance(kind, str) or kind not in profile.KEYS:
            why = profile.REFUSED_TYPES.get(
                str(kind), "choisissez un composant de la palette"
            )
            self.refuse(f"Le composant « {str(kind)[:40]} » n’est pas admis : {why}.")
            return False
        for key in sorted(set(self.source) - profile.KEYS[kind]):
            why = profile.REFUSED_KEYS.get(key, "retirez-la")
            self.refuse(f"La clé « {key} » de {self.called} n’est pas admise : {why}.")
        if self.properties is not self.source.get("properties", self.properties):
            self.refuse(f"Les propriétés de {self.called} n’ont pas la forme attendue.")
        for key, value in list(self.properties.items()):
            if key not in profile.PROPERTIES[kind]:
                self.refuse(
                    f"La propriété « {key} » de {self.called} est inconnue pour ce composant : "
                    "corrigez-la ou retirez-la."
                )
            elif not isinstance(value, str) or len(value) > expressions.MAX_LENGTH:
                self.refuse(
                    f"La propriété « {key} » de {self.called} doit être un texte court."
                )
                del self.properties[key]
        return True

    def text(self, key: str, *, required: bool = False, most: int = 1000) -> str:
        found = self.source.get(key)
        if found is None or found == "":
            if required:
                self.refuse(f"Donnez un libellé à {self.called} : il est lu à voix haute.")
            return ""
        if not isinstance(found, str) or len(found) > most:
            self.refuse(
                f"« {key} » de {self.called} doit être un texte de {most} signes au plus."
            )
            return ""
        return found

    def flag(self, key: str, *, default: bool = False) -> bool:
        found = self.source.get(key, default)
        if not isinstance(found, bool):
            self.refuse(f"« {key} » de {self.called} est vrai ou faux, sans expression.")
            return default
        return found

    def whole(self, key: str, least: int, most: int, source: Any = None) -> int | None:
        found = (self.source if source is None else source).get(key)
        if found is None or found == "":
            return None
        text = str(found) if isinstance(found, str | int) and found is not True else ""
        if not (text.isascii() and text.isdigit() and len(text) <= 6):  # noqa: PLR2004
            self.refuse(f"« {key} » de {self.called} doit être un nombre entier.")
            return None
        if not least <= int(text) <= most:
            self.refuse(f"« {key} » de {self.called} va de {least} à {most}.")
            return None
        return int(text)

    def whole_property(self, key: str, least: int, most: int) -> int | None:
        return self.whole(key, least, most, self.properties)

    def feel(self, source: str, what: str) -> str | None:
        """The FEEL text if it is correct; else the reason is refused."""
        trouble = expressions.problem(source)
        if trouble is None:
            return source
        self.refuse(f"{what} de {self.called} est incorrecte : {trouble}.")
        return None

    def expression(self, key: str) -> str:
        found = self.text(key, required=False, most=expressions.MAX_LENGTH)
        if not found:
            self.refuse(f"Écrivez l’expression FEEL de {self.called}.")
            return "=null"
        return self.feel(found, "L’expression") or "=null"

    def hide(self) -> str | None:
        found = self.source.get("conditional")
        if found is None:
            return None
        if not isinstance(found, dict) or set(found) - {"hide"}:
            self.refuse(f"La condition de {self.called} n’a pas la forme attendue.")
            return None
        hide = found.get("hide")
        if hide is None or hide is False or hide == "":
            return None
        if hide is True:
            return "=true"
        if not isinstance(hide, str):
            self.refuse(f"La condition de {self.called} doit être une expression FEEL.")
            return None
        source = self.feel(hide, "La condition")
        key = self.source.get("key")
        if source and isinstance(key, str) and key in expressions.names(source):
            self.refuse(f"{self.called} ne peut pas se cacher selon sa propre réponse.")
            return None
        return source

    def markdown(self) -> str:
        found = self.text("text", required=False, most=profile.MAX_CHARS)
        for place in expressions.places(found):
            self.feel(place, "Une expression du texte")
        return found

    def format(self, usual: str) -> str:
        asked = self.properties.get("ebg:type")
        if asked is None:
            return usual
        kind = str(self.source["type"])
        if asked not in formats.OF_KIND.get(kind, ()):
            known = ", ".join(sorted(formats.OF_KIND.get(kind, ())))
            self.refuse(
                f"« ebg:type » de {self.called} vaut « {asked} », qui n’est pas admis ici. "
                f"Choisissez parmi : {known}."
            )
            return usual
        return asked

    def options(self) -> tuple[tuple[Option, ...], str | None]:
        """The fixed answers, or the expression that gives them."""
        source = self.source.get("valuesExpression")
        if source:
            if not isinstance(source, str) or "://" in source:
                self.refuse(
                    f"Les réponses de {self.called} ne peuvent pas venir d’une adresse : "
                    "écrivez une expression FEEL sur les données du dossier."
                )
                return (), None
            return (), self.feel(source, "L’expression des réponses")
        found = self.source.get("values")
        if not isinstance(found, list) or not 1 <= len(found) <= profile.MAX_OPTIONS:
            most = profile.MAX_OPTIONS
            self.refuse(f"Donnez à {self.called} entre 1 et {most} réponses possibles.")
            return (), None
        options = tuple(filter(None, map(self._option, found)))
        if len({option.value for option in options}) < len(found):
            self.refuse(
                f"Chaque réponse de {self.called} a un libellé et une valeur, toutes différentes."
            )
        return options, None

    def _option(self, found: Any) -> Option | None:
        if not isinstance(found, dict) or set(found) - {"label", "value"}:
            return None
        value, label = found.get("value"), found.get("label")
        if not isinstance(value, str) or not isinstance(label, str):
            return None
        short = 0 < len(value) <= 200 and 0 < len(label) <= 500  # noqa: PLR2004
        plain = value == value.strip() and not any(map(formats.unprintable, value))
        return Option(value, label) if short and plain else None


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
