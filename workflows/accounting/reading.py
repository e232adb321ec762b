"""What is said of a payment order, made clean or refused field by field."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from stdnum.iban import is_valid as iban_is_valid

from engine import clock
from workflows.accounting.models import EXPENSE, REVENUE

Plain = dict[str, Any]


def read(values: Plain) -> tuple[Plain, dict[str, str]]:
    """The columns of an order, and what is wrong with what was said, by field."""
    errors: dict[str, str] = {}
    amount = euros(values.get("amount"))
    vat = euros(values.get("vat") or "0")
    if amount is None or amount <= 0 or amount >= LARGEST:
        errors["amount"] = (
            "Montant : écrivez un nombre positif d’euros, par exemple 1 250,00."
        )
    if vat is None or vat < 0 or vat >= LARGEST:
        errors["vat"] = "TVA : écrivez un nombre d’euros, ou laissez vide."
    kind = values.get("kind")
    if kind not in {EXPENSE, REVENUE}:
        errors["kind"] = "Sens : choisissez une dépense ou une recette."
    subject = " ".join(str(values.get("subject") or "").split())
    if not 0 < len(subject) <= _SUBJECT:
        errors["subject"] = f"Objet : écrivez de 1 à {_SUBJECT} caractères."
    contract = str(values.get("contract") or "").strip()
    if len(contract) > _CONTRACT:
        errors["contract"] = f"Marché : {_CONTRACT} caractères au plus."
    party = third_party(values.get("third_party") or {}, errors)
    return {
        "kind": kind, "year": clock.today().year, "subject": subject,
        "amount": amount, "vat": vat, **posting(values, errors),
        "contract": contract, "third_party": party,
        "documents": list(values.get("documents") or []),
    }, errors  # fmt: skip


def posting(values: Plain, errors: dict[str, str]) -> dict[str, str]:
    """The account and the function on which something is paid; what is wrong goes in `errors`."""
    account = str(values.get("account") or "").strip()
    if not re.fullmatch(r"\d{1,12}", account, re.ASCII):
        errors["account"] = ACCOUNT
    function = str(values.get("function") or "").strip()
    if not re.fullmatch(r"[0-9A-Za-z-]{0,10}", function):
        errors["function"] = "Fonction : 10 lettres ou chiffres au plus."
    return {"account": account, "function": function}


ACCOUNT = "Compte : écrivez de 1 à 12 chiffres, par exemple 20421."
_SUBJECT, _CONTRACT, LARGEST = 100, 30, Decimal(10) ** 12
_PARTY = {
    "name": 38, "first_name": 38, "line1": 38, "line2": 38, "city": 38, "reference": 30,
}  # fmt: skip
KINDS = {
    "company": ("50", "03"),
    "association": ("50", "06"),
    "sole_trader": ("01", "02"),
    "person": ("01", "01"),
    "public_body": ("29", "09"),
}
"""The category and the legal nature under which the accountant knows each kind of payee."""
_PERSON = "01"


def third_party(given: Plain, errors: dict[str, str]) -> Plain:
    """Whom an order pays, as `helios.build` takes them; what is wrong goes in `errors`.

    `kind` (company, association…) gives the accountant's codes where they are not said.
    """
    address = given.get("address") or {}
    said = {
        name: " ".join(str(source.get(name) or "").split())
        for source, names in (
            (
                given,
                ("name", "first_name", "civility", "siret", "iban", "bic", "reference"),
            ),
            (address, ("line1", "line2", "postal_code", "city")),
        )
        for name in names
    }
    siret = said["siret"].replace(" ", "")
    iban = said["iban"].replace(" ", "").upper()
    kind = str(given.get("kind") or "company")
    if kind not in KINDS:
        errors["kind"] = (
            "Tiers : dites s’il est une société, une association, une personne."
        )
    category, nature = KINDS.get(kind, KINDS["company"])
    category = str(given.get("category") or category)
    if category == _PERSON and not said["first_name"]:
        errors["first_name"] = "Prénom : écrivez celui de la personne à payer."
    if not said["name"]:
        errors["name"] = "Tiers : écrivez son nom ou sa raison sociale."
    if siret and not re.fullmatch(r"\d{14}", siret, re.ASCII):
        errors["siret"] = "SIRET : écrivez ses 14 chiffres, ou laissez vide."
    if iban and not iban_is_valid(iban):
        errors["iban"] = "IBAN : vérifiez-le, sa clé n’est pas juste."
    if not said["line2"]:
        errors["line2"] = "Voie : écrivez le numéro et la rue du tiers."
    if not said["city"]:
        errors["city"] = "Ville : écrivez celle du tiers."
    if not re.fullmatch(r"\d{5}", said["postal_code"], re.ASCII):
        errors["postal_code"] = "Code postal : écrivez ses 5 chiffres."
    for name, most in _PARTY.items():
        if len(said[name]) > most:
            errors[name] = f"Tiers : {most} caractères au plus pour cette ligne."
    return {
        "name": said["name"], "first_name": said["first_name"], "siret": siret,
        "reference": said["reference"], "iban": iban, "bic": said["bic"].upper(),
        "category": category, "legal_nature": str(given.get("legal_nature") or nature),
        "civility": said["civility"][:10] if category == _PERSON else "",
        "address": {
            "line1": said["line1"], "line2": said["line2"],
            "postal_code": said["postal_code"], "city": said["city"],
        },
    }  # fmt: skip


def euros(value: Any) -> Decimal | None:
    """An amount as people write it, to the cent; None for what is none."""
    text = re.sub(r"[\s\u00a0\u202f€]", "", str(value if value is not None else ""))
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found == round(found, 2) else None
