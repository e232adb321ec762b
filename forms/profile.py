"""The part of form-js (schema version 19) that we accept, and why not the rest.

What is listed here is all a form may say: an unknown component, key or `ebg:` property is
refused, because a word that is silently ignored is a promise that is silently broken.
"""

from collections.abc import Mapping

SCHEMA_VERSION = 19
MAX_BYTES = 512 * 1024
MAX_COMPONENTS, MAX_DEPTH, MAX_OPTIONS, MAX_CHARS = 500, 8, 1000, 20_000

FORM_KEYS = frozenset(
    {
        "type",
        "id",
        "components",
        "schemaVersion",
        "exporter",
        "executionPlatform",
        "executionPlatformVersion",
        "versionTag",
        "$schema",
    }
)

_ANY = frozenset({"type", "id", "layout", "conditional", "properties"})
_INPUT = _ANY | {
    "key",
    "label",
    "description",
    "validate",
    "readonly",
    "disabled",
    "appearance",
    "defaultValue",
}
_CHOICE = _INPUT | {"values", "valuesExpression", "searchable"}
_BOX = _ANY | {"label", "path", "components", "showOutline", "verticalAlignment"}
_DATETIME = {
    "subtype",
    "dateLabel",
    "timeLabel",
    "use24h",
    "timeInterval",
    "timeSerializingFormat",
    "disallowPassedDates",
}
_LIST = {
    "isRepeating",
    "allowAddRemove",
    "defaultRepetitions",
    "disableCollapse",
    "nonCollapsedItems",
}

KEYS: Mapping[str, frozenset[str]] = {
    "textfield": _INPUT,
    "textarea": _INPUT | {"height"},
    "number": _INPUT | {"decimalDigits", "increment"},
    "datetime": _INPUT | _DATETIME,
    "checkbox": _INPUT,
    "radio": _CHOICE,
    "select": _CHOICE,
    "checklist": _CHOICE,
    "taglist": _CHOICE,
    "filepicker": _INPUT - {"defaultValue", "appearance"} | {"accept", "multiple"},
    "group": _BOX,
    "dynamiclist": _BOX | _LIST,
    "text": _ANY | {"text"},
    "expression": _ANY | {"key", "expression", "computeOn"},
    "separator": _ANY,
}
"""The keys of each component. Those of layout and of the editor's comfort are accepted
and change nothing: layout, height, showOutline, use24h, timeInterval, searchable …"""

VALIDATIONS: Mapping[str, frozenset[str]] = {
    "textfield": frozenset(
        {"minLength", "maxLength", "pattern", "patternErrorMessage", "validationType"}
    ),
    "textarea": frozenset({"minLength", "maxLength"}),
    "number": frozenset({"min", "max"}),
}
"""What `validate` may hold besides `required`."""

_EBG_FIELD = frozenset(
    {
        "ebg:source",
        "ebg:prefill",
        "ebg:hint",
        "ebg:check",
        "ebg:message",
        "ebg:autocomplete",
        "ebg:rgpd",
        "ebg:reserved",
    }
)
_EBG_FILE = {"ebg:pj", "ebg:controle", "ebg:dlnuf", "ebg:max_size", "ebg:max_files"}

PROPERTIES: Mapping[str, frozenset[str]] = {
    "textfield": _EBG_FIELD | {"ebg:type", "ebg:perimetre"},
    "textarea": _EBG_FIELD | {"ebg:type"},
    "number": _EBG_FIELD | {"ebg:type"},
    "datetime": _EBG_FIELD,
    "checkbox": _EBG_FIELD,
    "radio": _EBG_FIELD,
    "select": _EBG_FIELD,
    "checklist": _EBG_FIELD,
    "taglist": _EBG_FIELD,
    "filepicker": _EBG_FIELD | _EBG_FILE,
    "group": frozenset({"ebg:shared"}),
    "dynamiclist": frozenset({"ebg:min_rows", "ebg:max_rows"}),
    "text": frozenset(),
    "expression": frozenset({"ebg:type", "ebg:label"}),
    "separator": frozenset(),
}

REFUSED_TYPES: Mapping[str, str] = {
    "html": "utilisez un composant « Texte » : le HTML libre n’est pas admis",
    "iframe": "aucun autre site ne peut être affiché dans un formulaire",
    "button": "les boutons sont ajoutés par la plateforme",
    "image": "décrivez l’image dans un composant « Texte »",
    "table": "utilisez une liste dynamique, ou un composant « Texte »",
    "documentPreview": "les documents sont présentés dans le dossier",
    "spacer": "la mise en page est faite par la plateforme",
}

REFUSED_KEYS: Mapping[str, str] = {
    "valuesKey": "écrivez plutôt une expression FEEL dans « valuesExpression »",
    "serializeToString": "les nombres sont toujours gardés comme des nombres",
    "security": "les formulaires n’affichent aucun contenu d’un autre site",
    "source": "les formulaires ne chargent aucun contenu d’un autre site",
    "url": "les formulaires ne chargent aucun contenu d’un autre site",
}

OPTION_KINDS = frozenset({"radio", "select", "checklist", "taglist"})

AUTOCOMPLETE = frozenset(
    {
        "on", "off", "name", "honorific-prefix", "given-name", "family-name", "organization",
        "organization-title", "street-address", "address-line1", "address-line2",
        "address-line3", "address-level2", "postal-code", "country", "country-name", "email",
        "tel", "url", "bday",
    }
)  # fmt: skip
"""The purposes of WCAG 1.3.5 that a designer may name in `ebg:autocomplete`."""
