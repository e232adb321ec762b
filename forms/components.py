"""One form-js component: its keys checked against the profile, its values read."""

from collections.abc import Callable
from typing import Any

from forms import expressions, formats, profile
from forms.characters import unprintable
from forms.model import Option

Refuse = Callable[[str, str], None]


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
        plain = value == value.strip() and not any(map(unprintable, value))
        return Option(value, label) if short and plain else None
