"""What helps to answer: the designer's words, the expected shape, the limits."""

from forms import numbers, rules
from forms.formats import FORMATS, MAX_LINE, MAX_TEXT
from forms.model import Field


def hint(field: Field) -> str:
    """What helps to answer: the designer's hint, then the shape and the limits."""
    made = FORMATS[field.format]
    told = [field.hint]
    if made.example and not field.hint:
        told.append(
            f"Exemple : {made.example}" if " par " not in made.example else made.example
        )
    if made.column == "date" and field.hint:
        told.append("Sous la forme JJ/MM/AAAA.")
    if field.max_length is not None and field.max_length not in {MAX_LINE, MAX_TEXT}:
        told.append(f"{field.max_length} caractères au plus.")
    if field.is_file:
        told.append(_file_hint(field))
    return " ".join(filter(None, told))


def _file_hint(field: Field) -> str:
    kinds = rules.accepted_kinds(field.accept) if field.accept else "un fichier"
    several = f", {field.max_files} fichiers au plus" if field.multiple else ""
    size = rules.file_size(field.max_size)
    each = " chacun" if field.multiple else ""
    return f"Joignez {kinds}, {size} au plus{each}{several}.".replace(numbers.SPACE, " ")
