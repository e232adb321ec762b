"""Official identifiers: SIRET, SIREN, RNA, IBAN, NAF, e-mail, telephone, postcode.

Each reader takes what was typed and gives the one form that is kept, or raises Wrong
with the cure in French.
"""

import re
from typing import Any

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from forms.numbers import SPACE, Wrong

_SPACES = re.compile(r"[\s\u00a0\u202f.\-]+")
_RNA = re.compile(r"W[0-9][0-9AB][0-9]{7}")
_NAF = re.compile(r"([0-9]{2})\.?([0-9]{2})([A-Z])")
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_MAX_LOCAL, _MAX_EMAIL = 64, 254
_NATIONAL = re.compile(r"0[1-9][0-9]{8}")
_ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")


def read_siret(text: str) -> str:
    """14 digits whose key is right (or La Poste's own rule)."""
    digits = _SPACES.sub("", text)
    if not re.fullmatch(r"[0-9]{14}", digits):
        raise Wrong("écrivez les 14 chiffres du SIRET, par exemple 356 000 000 00048")
    try:
        return str(siret.validate(digits))
    except ValidationError as error:
        raise Wrong(
            "ce SIRET n’existe pas : recopiez-le depuis l’avis de situation de l’Insee"
        ) from error


def read_siren(text: str) -> str:
    """9 digits whose key is right."""
    digits = _SPACES.sub("", text)
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise Wrong("écrivez les 9 chiffres du SIREN, par exemple 356 000 000")
    try:
        return str(siren.validate(digits))
    except ValidationError as error:
        raise Wrong("ce SIREN n’existe pas : vérifiez chacun de ses chiffres") from error


def read_rna(text: str) -> str:
    """An association's number in the national register: W and 9 characters."""
    number = _SPACES.sub("", text).upper()
    if not _RNA.fullmatch(number):
        raise Wrong("écrivez la lettre W suivie de 9 chiffres, par exemple W212000123")
    return number


def read_iban(text: str) -> str:
    """An IBAN whose keys and length are right, without spaces."""
    try:
        return str(IBAN(_SPACES.sub("", text).upper()).compact)
    except (SchwiftyException, ValueError) as error:
        raise Wrong(
            "cet IBAN n’est pas valable : recopiez-le depuis votre relevé d’identité bancaire"
        ) from error


def read_bic(text: str) -> str:
    """A BIC of 8 or 11 characters."""
    try:
        return str(BIC(_SPACES.sub("", text).upper()).compact)
    except (SchwiftyException, ValueError) as error:
        raise Wrong(
            "écrivez les 8 ou 11 caractères du BIC, par exemple BDFEFRPP"
        ) from error


def read_naf(text: str) -> str:
    """An activity code, `62.01Z`."""
    found = _NAF.fullmatch(re.sub(r"\s+", "", text).upper())
    if not found:
        raise Wrong("écrivez 4 chiffres et une lettre, par exemple 62.01Z")
    return f"{found[1]}.{found[2]}{found[3]}"


def read_email(text: str) -> str:
    """An e-mail address; the domain in lower case."""
    cure = "écrivez une adresse complète, par exemple prenom.nom@exemple.fr"
    local, at, domain = text.strip().rpartition("@")
    domain = domain.lower()
    if not at or len(local) > _MAX_LOCAL or len(text) > _MAX_EMAIL:
        raise Wrong(cure)
    if not local.isascii() or not domain.isascii():
        raise Wrong(f"{cure}, sans accent")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise Wrong(cure)
    return f"{local}@{domain}"


def read_telephone(text: str) -> str:
    """Ten digits for France, `+` and the country's code elsewhere."""
    number = re.sub(r"[\s\u00a0\u202f.\-/]+", "", text).replace("(0)", "")
    number = "+" + number[2:] if number.startswith("00") else number
    if number.startswith("+33"):
        number = "0" + number[3:].removeprefix("0")
    if _NATIONAL.fullmatch(number) or _ABROAD.fullmatch(number):
        return number
    raise Wrong(
        "écrivez les 10 chiffres du numéro, par exemple 03 80 44 33 00, "
        "ou + et l’indicatif du pays"
    )


def read_postcode(text: str) -> str:
    """A French postcode."""
    code = re.sub(r"\s+", "", text)
    if not re.fullmatch(r"[0-9]{5}", code):
        raise Wrong("écrivez les 5 chiffres du code postal, par exemple 21000")
    return code


def read_url(text: str) -> str:
    """The address of a website, http or https."""
    address = text.strip()
    if "://" not in address:
        address = "https://" + address
    scheme, _, rest = address.partition("://")
    host = re.split(r"[/?#:]", rest, maxsplit=1)[0].lower()
    if scheme.lower() not in {"http", "https"} or re.search(r"[\s<>\"\\^`{|}]", address):
        raise Wrong("écrivez l’adresse du site, par exemple https://www.exemple.fr")
    if not _DOMAIN.fullmatch(host):
        raise Wrong("écrivez l’adresse du site, par exemple https://www.exemple.fr")
    return f"{scheme.lower()}://{rest}"


def show_siret(value: Any) -> str:
    """« 356 000 000 00048 »."""
    text = str(value)
    return SPACE.join(
        piece for piece in (text[:3], text[3:6], text[6:9], text[9:]) if piece
    )


def show_iban(value: Any) -> str:
    """By groups of four."""
    text = str(value)
    return SPACE.join(text[at : at + 4] for at in range(0, len(text), 4))


def show_telephone(value: Any) -> str:
    """By groups of two for a French number."""
    text = str(value)
    if not _NATIONAL.fullmatch(text):
        return text
    return SPACE.join(text[at : at + 2] for at in range(0, 10, 2))
