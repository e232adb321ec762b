"""Drafts, submissions, pages, rows, files: what a form keeps and what it asks again."""

import pytest

from engine import clock
from forms import Reading
from tests.forms.making import (
    PDF,
    PNG,
    REQUIRED,
    ask,
    choice,
    form,
    group,
    hide,
    many,
    sample,
    text,
)


def messages(reading: Reading) -> list[str]:
    return [error.message for error in reading.errors]


REQUIRED_WORDS = [
    (text(validate=REQUIRED), "Renseignez « Question »."),
    (ask("checkbox", validate=REQUIRED), "Cochez « Question » pour continuer."),
    (choice("radio", validate=REQUIRED), "Choisissez une réponse pour « Question »."),
    (
        choice("checklist", validate=REQUIRED),
        "Cochez au moins une réponse pour « Question ».",
    ),
    (ask("filepicker", validate=REQUIRED), "Joignez le fichier demandé pour « Question »."),
]


@pytest.mark.parametrize(("component", "said"), REQUIRED_WORDS)
@pytest.mark.parametrize("typed", [{}, {"q": [""]}, {"q": ["  "]}, {"q": []}])
def test_what_is_required_is_asked_only_at_submission(component, said, typed):
    made = form(component)
    assert messages(made.read(typed)) == [said]
    assert made.read(typed, draft=True).errors == ()


RULES = [
    (text(validate={"minLength": 3}), "abc", "ab", "3 caractères au moins"),
    (text(validate={"maxLength": 3}), "abc", "abcd", "3 caractères au plus"),
    (text(), "x" * 1000, "x" * 1001, "1000 caractères au plus"),
    (ask("textarea"), "x" * 20_000, "x" * 20_001, "20000 caractères au plus"),
    (text(validate={"pattern": "^[A-Z]{2}$"}), "AB", "ABC", "forme attendue"),
    (
        text(validate={"pattern": "^[A-Z]$", "patternErrorMessage": "Une lettre."}),
        "A",
        "a",
        "Une lettre.",
    ),
    (ask("number", validate={"min": 0}), "0", "-0,01", "supérieur ou égal à 0"),
    (ask("number", validate={"max": 100}), "100", "100,01", "inférieur ou égal à 100"),
    (ask("number", validate={"max": "=limite * 2"}), "20", "21", "inférieur ou égal à 20"),
    (ask("number", increment="0.5"), "1,5", "1,4", "multiple de 0,5"),
    (
        text(ebg_check='q != "non"', ebg_message="Dites oui."),
        "oui",
        "non",
        "Dites oui.",
    ),
]


@pytest.mark.parametrize(("component", "good", "bad", "said"), RULES)
def test_a_rule_is_judged_at_submission(component, good, bad, said):
    made, context = form(component), {"limite": 10}
    assert made.read({"q": [good]}, context=context).errors == ()
    wrong = made.read({"q": [bad]}, context=context)
    assert said in messages(wrong)[0]
    assert wrong.values["q"] is not None, "what was typed is kept"
    assert made.read({"q": [bad]}, draft=True, context=context).errors == ()


def test_a_check_that_cannot_be_worked_out_does_not_refuse():
    made = form(text(ebg_check="q > absent", ebg_message="Non."))
    assert made.read({"q": ["a"]}).errors == ()


def test_a_day_to_come():
    made = form(ask("datetime", subtype="date", disallowPassedDates=True))
    today = clock.today()
    assert made.read({"q": [today.isoformat()]}).errors == ()
    assert "à venir" in messages(made.read({"q": ["01/01/2020"]}))[0]


def test_a_draft_still_says_what_cannot_be_read_and_keeps_it():
    made = form(ask("number", "age", "Âge"), text("nom", "Nom"))
    reading = made.read({"age": ["vingt"], "nom": ["Durand"]}, draft=True)
    assert reading.values == {"age": None, "nom": "Durand"}
    assert reading.raw == {"age": ["vingt"]}
    assert messages(reading) == [
        "« Âge » : écrivez un nombre en chiffres, par exemple 1 234,50."
    ]


@pytest.mark.parametrize("kind", ["radio", "select"])
def test_one_choice_among_those_offered(kind):
    made = form(choice(kind, "q", "a", "b"))
    assert made.read({"q": ["", "a"]}).values == {"q": "a"}
    assert made.read({"q": [""]}).values == {"q": None}
    assert "proposées" in messages(made.read({"q": ["z"]}, draft=True))[0]
    assert "une seule réponse" in messages(made.read({"q": ["a", "b"]}))[0]


@pytest.mark.parametrize("kind", ["checklist", "taglist"])
def test_several_choices_among_those_offered(kind):
    made = form(choice(kind, "q", "a", "b", "c"))
    assert made.read({"q": ["", "c", "a", "c"]}).values == {"q": ["c", "a"]}
    assert made.read({"q": [""]}).values == {"q": []}
    assert "proposées" in messages(made.read({"q": ["a", "z"]}))[0]


def test_choices_may_come_from_the_case():
    made = form(ask("select", valuesExpression="=for l in lots return l.nom"))
    context = {"lots": [{"nom": "Gros œuvre"}, {"nom": "Toiture"}]}
    assert made.read({"q": ["Toiture"]}, context=context).errors == ()
    assert "proposées" in messages(made.read({"q": ["Peinture"]}, context=context))[0]


def test_a_box_is_true_or_false():
    made = form(ask("checkbox"))
    assert made.read({"q": ["", "on"]}).values == {"q": True}
    assert made.read({"q": [""]}).values == {"q": False}
    assert made.read({}).values == {"q": False}
    assert made.read({}, draft=True).values == {}


def test_what_is_read_only_is_not_taken_from_the_page():
    made = form(text(readonly=True), text("r", disabled=True, defaultValue="d"))
    assert made.read({"q": ["forgé"], "r": ["x"]}, previous={"q": "vrai"}).values == {
        "q": "vrai",
        "r": "d",
    }


# --- what is hidden ---------------------------------------------------------------------


def test_hidden_only_when_the_condition_is_exactly_true():
    made = form(text("a"), text("b", validate=REQUIRED, conditional=hide('a = "non"')))
    assert made.read({"a": ["non"], "b": ["reste"]}).values == {"a": "non"}
    assert made.read({"a": ["non"]}).errors == ()
    for visible in ("oui", ""):
        assert made.read({"a": [visible], "b": [""]}).errors
    null = form(text("a"), text("b", conditional=hide("a > 3")))
    assert "b" in null.read({"a": ["x"], "b": ["y"]}).values


def test_what_hides_a_question_may_be_hidden_itself():
    made = form(
        text("a"),
        text("b", conditional=hide('a != "oui"')),
        text("c", conditional=hide('b != "oui"')),
        text("d", conditional=hide('c != "oui"')),
    )
    typed = {key: ["oui"] for key in "abcd"}
    assert made.read(typed).values == dict.fromkeys("abcd", "oui")
    assert made.read(typed | {"a": ["non"]}).values == {"a": "non"}


def test_conditions_that_turn_in_circles_end():
    made = form(
        text("a", conditional=hide("b = null")),
        text("b", conditional=hide("a != null")),
    )
    assert isinstance(made.read({"a": ["1"], "b": ["1"]}).values, dict)


def test_a_hidden_group_or_list_is_not_kept():
    made = form(
        text("a"),
        group("G", text("b", validate=REQUIRED), path="g", conditional=hide('a = "x"')),
        many("r", text("c", validate=REQUIRED), conditional=hide('a = "x"')),
    )
    reading = made.read({"a": ["x"], "g.b": ["1"], "r.0.c": ["2"]})
    assert reading.values == {"a": "x"}
    assert reading.errors == ()


def test_a_row_is_judged_in_its_own_scope_then_outwards():
    made = form(
        text("mode"),
        many(
            "lignes",
            text("genre"),
            text("detail", validate=REQUIRED, conditional=hide("genre = mode")),
        ),
    )
    reading = made.read(
        {
            "mode": ["court"],
            "lignes.0.genre": ["court"],
            "lignes.0.detail": ["perdu"],
            "lignes.1.genre": ["long"],
            "lignes.1.detail": [""],
        }
    )
    assert reading.values["lignes"] == [
        {"genre": "court"},
        {"genre": "long", "detail": None},
    ]
    assert messages(reading) == ["Renseignez « Question » (« Lignes », ligne 2)."]


def test_what_appears_is_asked_before_going_on():
    made = form(
        choice("radio", "a", "oui", "non"), text("b", conditional=hide('a != "oui"'))
    )
    shown = {"_shown": ["1"], "a": ["", "oui"]}
    assert "vient d’apparaître" in messages(made.read(shown))[0]
    assert made.read(shown | {"b": [""]}).errors == ()
    assert made.read(shown, draft=True).errors == ()


def test_what_is_computed_is_kept_and_may_hide():
    made = form(
        many("d", ask("number", "m")),
        {"type": "expression", "key": "total", "expression": "=sum(d.m)"},
        text("motif", validate=REQUIRED, conditional=hide("total < 100")),
    )
    few = made.read({"d.0.m": ["0,10"], "d.1.m": ["0,20"]})
    assert few.values == {"d": [{"m": 0.1}, {"m": 0.2}], "total": 0.3}
    many_ = made.read({"d.0.m": ["99"], "d.1.m": ["1"], "motif": ["x"]})
    assert many_.values["motif"] == "x"


# --- pages ------------------------------------------------------------------------------


def paged():
    return form(
        {"type": "text", "text": "Bonjour"},
        group("Un", text("a", validate=REQUIRED), path="un"),
        group("Deux", text("b", validate=REQUIRED), conditional=hide('un.a = "seul"')),
        group("Trois", ask("number", "c", validate=REQUIRED)),
        text("fin"),
    )


def test_a_page_is_read_alone_and_the_others_kept():
    made = paged()
    assert [page.label for page in made.pages] == ["Un", "Deux", "Trois"]
    first = made.read({"un.a": ["x"]}, page=0)
    assert (first.values, first.errors) == ({"un": {"a": "x"}}, ())
    third = made.read({"c": ["3"], "fin": [""]}, page=2, previous=first.values)
    assert third.values == {"un": {"a": "x"}, "c": 3, "fin": None}
    assert messages(made.check(third.values)) == ["Renseignez « Question »."]
    with pytest.raises(IndexError):
        made.read({}, page=9)


def test_a_page_forgets_what_is_no_question():
    made = paged()
    reading = made.read({"un.a": ["x"]}, page=0, previous={"intrus": 1, "c": 2, "un": 3})
    assert reading.values == {"un": {"a": "x"}, "c": 2}


def test_pages_are_visible_or_not():
    made = paged()
    assert [page.index for page in made.visible_pages({})] == [0, 1, 2]
    assert [page.index for page in made.visible_pages({"un": {"a": "seul"}})] == [0, 2]


def test_a_group_among_questions_is_no_page():
    made = form(text("a"), group("G", text("b"), conditional=hide('a = "x"')))
    assert [page.label for page in made.pages] == [""]
    assert len(made.visible_pages({"a": "x"})) == 1
    assert [item.widget for item in made.view(0, {}).items] == ["input", "group"]
    assert made.read({"a": ["x"], "b": ["y"]}, page=0).values == {"a": "x"}


# --- rows -------------------------------------------------------------------------------


def expenses(**more):
    return form(many("depenses", text("quoi"), ask("number", "m"), **more))


def test_rows_are_added_by_a_button():
    reading = expenses().read(
        {"_rows:depenses": ["1"], "depenses.0.quoi": ["a"], "_add:depenses": [""]}
    )
    assert reading.values == {"depenses": [{"quoi": "a"}, {}]}
    assert reading.stay
    assert reading.actions == ("_add:depenses",)


def test_a_deleted_row_takes_its_errors_and_its_text_away():
    typed = {
        "depenses.0.m": ["un"],
        "depenses.1.m": ["deux"],
        "depenses.2.m": ["trois"],
        "_del:depenses:1": [""],
    }
    reading = expenses().read(typed)
    assert reading.raw == {"depenses.0.m": ["un"], "depenses.1.m": ["trois"]}
    assert [error.path for error in reading.errors] == ["depenses.0.m", "depenses.1.m"]
    assert len(reading.values["depenses"]) == 2


def test_rows_have_a_floor_and_a_ceiling():
    made = expenses(properties={"ebg:min_rows": "1", "ebg:max_rows": "2"})
    assert "au moins une ligne" in messages(made.read({"_rows:depenses": ["0"]}))[0]
    two = {"depenses.0.m": ["1"], "depenses.1.m": ["2"]}
    assert made.read(two).errors == ()
    three = made.read(two | {"depenses.2.m": ["3"]})
    assert "2 lignes au plus" in messages(three)[0]
    full = made.read(two | {"_add:depenses": [""]})
    assert len(full.values["depenses"]) == 2
    assert "2 lignes au plus" in messages(full)[0]


def test_fixed_rows_stay_as_they_are():
    made = expenses(allowAddRemove=False)
    typed = {"depenses.0.m": ["1"], "_del:depenses:0": [""], "_add:depenses": [""]}
    assert made.read(typed).values == {"depenses": [{"m": 1}]}


def test_lists_in_lists():
    made = form(many("lots", text("nom"), many("lignes", text("x"))))
    typed = {"lots.0.nom": ["A"], "lots.0.lignes.0.x": ["1"], "lots.1.nom": ["B"]}
    added = made.read(typed | {"_add:lots.0.lignes": [""], "_rows:lots.1.lignes": ["1"]})
    assert added.values == {
        "lots": [{"nom": "A", "lignes": [{"x": "1"}, {}]}, {"nom": "B", "lignes": [{}]}]
    }
    deleted = made.read(typed | {"_del:lots:0": [""]})
    assert deleted.values == {"lots": [{"nom": "B"}]}


def test_a_list_never_answered_is_asked_with_its_first_rows():
    made = form(many("d", text("x", validate=REQUIRED)))
    assert messages(made.check({})) == ["Renseignez « Question » (« D », ligne 1)."]
    assert made.check({"d": []}).errors == ()


# --- files ------------------------------------------------------------------------------


def test_a_file_comes_is_kept_replaced_and_removed():
    made = form(ask("filepicker", accept=".pdf"))
    come = made.read({"q": [""]}, files={"q": [PDF]})
    assert come.values == {"q": [PDF]}
    kept = made.read({"q": ["", PDF["sha256"]]}, previous=come.values)
    assert kept.values == come.values
    other = PDF | {"sha256": "c" * 64}
    replaced = made.read(
        {"q": ["", PDF["sha256"]]}, previous=come.values, files={"q": [other]}
    )
    assert replaced.values == {"q": [other]}
    away = made.read(
        {"q": ["", PDF["sha256"]], f"_remove:q:{PDF['sha256']}": [""]}, previous=come.values
    )
    assert away.values == {"q": []}
    assert away.stay


def test_nobody_names_a_file_that_is_not_theirs():
    made = form(ask("filepicker"))
    reading = made.read({"q": ["d" * 64]}, previous={"q": [PDF]})
    assert reading.values == {"q": []}
    assert "joignez-le de nouveau" in messages(reading)[0]


def test_files_of_the_wrong_kind_size_or_number_are_refused_one_by_one():
    made = form(
        ask(
            "filepicker",
            accept=".pdf,image/*",
            multiple=True,
            ebg_max_files="2",
            ebg_max_size="1",
        )
    )
    text_file = {"sha256": "e" * 64, "name": "a.txt", "media_type": "text/plain", "size": 1}
    heavy = PDF | {"sha256": "f" * 64, "name": "lourd.pdf", "size": 1024 * 1024 + 1}
    empty = PDF | {"sha256": "0" * 64, "name": "vide.pdf", "size": 0}
    reading = made.read({}, files={"q": [PDF, text_file, PNG, heavy, empty]}, draft=True)
    assert reading.values == {"q": [PDF, PNG]}
    assert [said.split("»")[0] for said in messages(reading)] == [
        "Le fichier « a.txt ",
        "Le fichier « lourd.pdf ",
        "Le fichier « vide.pdf ",
    ]
    third = PDF | {"sha256": "1" * 64, "size": 1024 * 1024}
    assert (
        "2 fichiers au plus" in messages(made.read({}, files={"q": [PDF, PNG, third]}))[0]
    )


def test_a_form_says_the_largest_file_it_may_receive():
    assert sample().max_file_size == 20 * 1024 * 1024
    assert (
        form(many("d", ask("filepicker", ebg_max_size="50"))).max_file_size == 50 * 1024**2
    )
    assert form(text()).max_file_size == 0


def test_a_file_follows_its_row():
    made = form(many("d", ask("filepicker", "devis")))
    previous = {"d": [{"devis": [PDF]}, {"devis": [PNG]}]}
    typed = {"d.0.devis": ["", PDF["sha256"]], "d.1.devis": ["", PNG["sha256"]]}
    reading = made.read(typed | {"_del:d:0": [""]}, previous=previous)
    assert reading.values == {"d": [{"devis": [PNG]}]}


# --- strangers --------------------------------------------------------------------------


def test_a_stranger_is_refused_and_the_page_s_own_names_ignored():
    made = form(text())
    ours = {
        "_next": ["1"],
        "csrf_token": ["x"],
        "_rev": ["3"],
        "_add:": [""],
        "_del:x:y": [""],
    }
    assert made.read({"q": ["a"]} | ours).errors == ()
    stranger = made.read({"q": ["a"], "admin": ["1"]}, files={"r": [PDF]})
    assert [error.path for error in stranger.errors] == ["admin", "r"]
    assert "n’est pas une question de ce formulaire" in messages(stranger)[0]
    assert stranger.values == {"q": "a"}


def test_another_page_s_question_is_a_stranger_here():
    assert [e.path for e in paged().read({"un.a": ["x"], "c": ["1"]}, page=0).errors] == [
        "c"
    ]


# --- a whole request --------------------------------------------------------------------

ANSWERS = {
    "siret": "35600000000048",
    "raison_sociale": "Tuilerie du Morvan",
    "forme_juridique": "SAS",
    "code_naf": "23.32Z",
    "date_creation": "2001-04-02",
    "effectif_uta": 12.5,
    "chiffre_affaires": 1250000.5,
    "total_bilan": 900000,
    "capital_social": 50000,
    "capitaux_propres": 210000,
    "groupe": "non",
    "contact": {
        "civilite": "mme",
        "nom": "Durand",
        "prenom": "Anne",
        "qualite": "Présidente",
        "email": "anne@exemple.fr",
        "telephone": "0380443300",
        "mandataire": False,
    },
    "projet": {
        "intitule": "Four électrique",
        "description": "Remplacer le four à gaz. " * 5,
        "commune": "21054",
        "adresse": None,
        "date_debut": "2027-01-04",
        "date_fin": "2027-12-31",
        "deja_engage": "non",
        "emplois_crees": None,
        "emplois_maintenus": 12,
    },
    "depenses": [
        {
            "poste": "materiel",
            "fournisseur": "Fours SA",
            "montant_ht": 120000.4,
            "devis": [PDF],
        },
        {"poste": "installation", "fournisseur": "Élec", "montant_ht": 9.6, "devis": [PDF]},
    ],
    "ressources": [
        {"type": "fonds_propres", "financeur": "Nous", "montant": 120010, "etat": "acquis"}
    ],
    "montant_demande": 40000,
    "forme_aide": "subvention",
    "a_percu_minimis": "non",
    "deggendorf": True,
    "pieces": {
        "rib": [PDF],
        "iban": "FR7630006000011234567890189",
        "liasses": [PDF],
        "kbis": [],
        "attestation_fiscale": [],
        "attestation_sociale": [],
    },
    "engagements": {"atteste_exact": True, "a_jour": True, "accord_donnees": True},
}


def test_a_whole_request_is_accepted_and_settled():
    reading = sample().check(ANSWERS)
    assert messages(reading) == []
    computed = {"total_depenses": 120010, "total_ressources": 120010}
    description = {"description": ANSWERS["projet"]["description"].strip()}
    projet = ANSWERS["projet"] | description
    assert reading.values == ANSWERS | computed | {"projet": projet}
    assert sample().check(reading.values).values == reading.values


def test_what_it_hides_and_asks_depends_on_the_answers():
    made = sample()
    loan = ANSWERS | {"ressources": [ANSWERS["ressources"][0] | {"type": "pret_bancaire"}]}
    assert messages(made.check(loan)) == [
        "Joignez le fichier demandé pour « Accord bancaire »."
    ]
    big = ANSWERS | {"montant_demande": 50000}
    assert "Plan d’affaires" in messages(made.check(big))[0]
    alone = made.check(ANSWERS | {"effectif_uta": 0})
    assert "liasses" not in alone.values["pieces"]
