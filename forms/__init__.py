"""Form definitions in, clean values out.

A form is written in form-js JSON, in the restricted profile of docs/forms.md; compiled at
publication; read, shown and summed up by the server alone. `Form` holds every verb,
`forms.uploads` judges a file before it is stored, `templates/forms` holds the macros.
"""

from pathlib import Path

from forms.compile import FormRefused, Problem
from forms.form import Form, compile_form
from forms.items import PageView
from forms.model import FieldError, FileRef, Page
from forms.reading import Reading
from forms.recap import Column, RecapPage, RecapRow, RecapTable

TEMPLATES = Path(__file__).parent / "templates"
"""The folder for the web's template loader; macros are in `forms/form.html`."""

__all__ = [
    "TEMPLATES",
    "Column",
    "FieldError",
    "FileRef",
    "Form",
    "FormRefused",
    "Page",
    "PageView",
    "Problem",
    "Reading",
    "RecapPage",
    "RecapRow",
    "RecapTable",
    "compile_form",
]
