"""The sentences of forms in the language that a request asks for.

Forms speak French, since procedures do. A program's developer may not: what forms ask of
every question is said in English too; what a designer wrote stays as it was written.
"""

import re

from flask_babel import get_locale

SENTENCES = (
    ("Cochez {a} pour continuer.", "Tick {a} to go on."),
    ("Choisissez une réponse pour {a}.", "Choose an answer for {a}."),
    ("Cochez au moins une réponse pour {a}.", "Tick at least one answer for {a}."),
    ("Joignez le fichier demandé pour {a}.", "Join the file asked for {a}."),
    ("Renseignez {a}.", "Fill in {a}."),
    ("Ajoutez au moins une ligne à « {a} ».", "Add at least one row to “{a}”."),
    ("Ajoutez au moins {n} lignes à « {a} ».", "Add at least {n} rows to “{a}”."),
    ("Gardez {n} lignes au plus dans « {a} ».", "Keep {n} rows at most in “{a}”."),
    ("Choisissez parmi les réponses proposées pour {a}.", "Choose among the answers offered for {a}."),
    ("Indiquez pour {a} un nombre supérieur ou égal à {n}.", "Give {n} or more for {a}."),
    ("Indiquez pour {a} un nombre inférieur ou égal à {n}.", "Give {n} or less for {a}."),
    ("Indiquez pour {a} un multiple de {n}.", "Give a multiple of {n} for {a}."),
    ("Raccourcissez {a} : {n} caractères au plus, vous en avez écrit {m}.", "Shorten {a}: {n} characters at most, you wrote {m}."),
    ("Complétez {a} : {n} caractères au moins, vous en avez écrit {m}.", "Complete {a}: {n} characters at least, you wrote {m}."),
    ("Vérifiez {a} : la forme attendue n’est pas là.", "Check {a}: it does not have the expected form."),
    ("Indiquez pour {a} une date à venir.", "Give a date to come for {a}."),
    ("Gardez {n} fichier au plus pour {a}.", "Keep {n} file at most for {a}."),
    ("Gardez {n} fichiers au plus pour {a}.", "Keep {n} files at most for {a}."),
    ("Vérifiez {a} au regard de vos autres réponses.", "Check {a} against your other answers."),
    ("Le fichier « {n} » n’est pas accepté pour {a} : joignez {m}.", "The file “{n}” is not accepted for {a}: join {m}."),
    ("Le fichier « {n} » est trop lourd pour {a} : {m} au plus.", "The file “{n}” is too heavy for {a}: {m} at most."),
    ("Le fichier « {n} » est vide : joignez-en une autre copie pour {a}.", "The file “{n}” is empty: join another copy for {a}."),
    ("« {a} » n’est pas une question de ce formulaire : rechargez la page, puis recommencez.", "“{a}” is no question of this form: remove it."),
    ("{a} : {wrong}.", "{a}: {wrong}."),
)  # fmt: skip
"""What forms say of an answer, in French and in English; places are given back as they are."""

CURES = (
    ("la valeur reçue n’a pas la forme attendue", "the value does not have the expected shape"),
    ("écrivez {n} caractères au plus", "write {n} characters at most"),
    ("donnez une seule réponse", "give one answer only"),
    ("votre réponse est beaucoup trop longue", "your answer is much too long"),
    ("choisissez parmi les réponses proposées", "choose among the answers offered"),
    ("un fichier n’est plus disponible, joignez-le de nouveau", "a file is no longer there, send it again"),
    ("écrivez votre réponse sur une seule ligne", "write your answer on one line"),
    ("retirez les caractères invisibles, ou retapez votre réponse au clavier", "remove the invisible characters"),
    ("cette heure n’existe pas ce jour-là (passage à l’heure d’été)", "this hour does not exist on that day (summer time begins)"),
    ("la date {n} n’existe pas dans le calendrier", "the date {n} does not exist in the calendar"),
    ("vérifiez l’année : elle est comprise entre {n} et {m}", "check the year: it is between {n} and {m}"),
    ("cochez la case ou laissez-la vide", "give true or false"),
    ("écrivez les 14 chiffres du SIRET, par exemple {n}", "write the 14 digits of the SIRET, for example {n}"),
    ("ce SIRET n’existe pas : recopiez-le depuis l’avis de situation de l’Insee", "this SIRET does not exist: copy it from the Insee’s notice"),
    ("écrivez les 9 chiffres du SIREN, par exemple {n}", "write the 9 digits of the SIREN, for example {n}"),
    ("ce SIREN n’existe pas : vérifiez chacun de ses chiffres", "this SIREN does not exist: check each of its digits"),
    ("écrivez la lettre W suivie de 9 chiffres, par exemple {n}", "write the letter W and 9 digits, for example {n}"),
    ("cet IBAN n’est pas valable : recopiez-le depuis votre relevé d’identité bancaire", "this IBAN is not valid: copy it from your bank details"),
    ("écrivez les 8 ou 11 caractères du BIC, par exemple {n}", "write the 8 or 11 characters of the BIC, for example {n}"),
    ("écrivez 4 chiffres et une lettre, par exemple {n}", "write 4 digits and a letter, for example {n}"),
    ("écrivez une adresse complète, par exemple {n}, sans accent", "write a whole address, for example {n}, without accents"),
    ("écrivez une adresse complète, par exemple {n}", "write a whole address, for example {n}"),
    ("écrivez les 10 chiffres du numéro, par exemple {n}, ou + et l’indicatif du pays", "write the 10 digits of the number, for example {n}, or + and the country’s code"),
    ("écrivez les 5 chiffres du code postal, par exemple {n}", "write the 5 digits of the postcode, for example {n}"),
    ("écrivez l’adresse du site, par exemple {n}", "write the address of the site, for example {n}"),
    ("écrivez la date sous la forme JJ/MM/AAAA, par exemple {n}", "write the date as YYYY-MM-DD, for example 2026-11-21"),
    ("écrivez un nombre en chiffres, par exemple {n}", "write a number in figures, for example {n}"),
    ("ce nombre est trop long : {n} chiffres au plus", "this number is too long: {n} digits at most"),
    ("choisissez un territoire dans le périmètre de cette démarche", "choose a territory within the scope of this procedure"),
    ("« {n} » n’est pas connu, {m}", "“{n}” is not known"),
    ("plusieurs réponses portent ce nom, écrivez le code : {n}", "several answers have this name, write the code: {n}"),
)  # fmt: skip
"""The end of a sentence about what could not be read."""

_PLACE = re.compile(r"\\\{(\w+)\\\}")


def _read(french: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(french)), re.DOTALL)


_SENTENCES = [(_read(french), english) for french, english in SENTENCES]
_CURES = [(_read(french), english) for french, english in CURES]


def worded(sentence: str) -> str:
    """The sentence in English when that is asked for and known, in French otherwise."""
    return sentence if get_locale().language == "fr" else english(sentence)


def english(sentence: str) -> str:
    """A sentence of forms in English; as it is when no form says it by itself."""
    for pattern, said in _SENTENCES:
        if found := pattern.fullmatch(sentence):
            places = found.groupdict()
            if "wrong" in places:
                places["wrong"] = _cure(places["wrong"])
            return said.format(**places)
    return sentence


def _cure(wrong: str) -> str:
    for pattern, said in _CURES:
        if found := pattern.fullmatch(wrong):
            return said.format(**found.groupdict())
    return wrong
