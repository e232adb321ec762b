"""Many folders signed in one gesture: what is signed, what is refused, and by whom."""

import io
from datetime import timedelta

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.commands import absences
from engine.errors import OperationRefused
from engine.models import db
from tests.web.browser import Browser
from tests.web.parapheur.lots import (
    ADDRESS,
    asked,
    deposits,
    finish_all,
    lot_of,
    results,
    signing_book,
    tasks,
)
from workflows.parapheur import files, gathering, typology
from workflows.parapheur.circuits import SIGN, Step
from workflows.parapheur.lots import SigningItem, SigningLot
from workflows.parapheur.models import Folder, FolderAct, FolderSubtype


def signed_acts(folder):
    rows = select(FolderAct).where(
        FolderAct.instance_id == folder, FolderAct.kind == "signed"
    )
    return list(db.session.scalars(rows))


def text_of(content: bytes) -> str:
    """What a reader sees of a PDF, stamps included."""
    with pypdfium2.PdfDocument(content) as pdf:
        pdf.init_forms()
        flat = io.BytesIO()
        for page in pdf:
            page.flatten()
        pdf.save(flat)
    with pypdfium2.PdfDocument(flat.getvalue()) as pdf:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def test_three_folders_are_signed_with_one_pin(app: Flask) -> None:
    book = signing_book(app)
    folders = deposits(book, 3)
    marie = Browser(app, book.actor("presidence"))
    chosen = tasks(book, folders)
    answer = asked(marie, chosen, note="Bon pour accord")
    assert answer.status_code == 302, answer.text
    finish_all(app)
    page = marie.get(answer.location).text
    assert "3 sur 3" in page and "Terminé" in page and "sans valeur probante" in page
    for folder in folders:
        (act,) = signed_acts(folder)
        assert (act.note, act.person_id) == ("Bon pour accord", book.people["presidence"])
        (current,) = files.current(folder)
        content = app.extensions["partners"]["storage"].read(current.sha256)
        told = app.extensions["partners"]["signature"].examine(
            content=content, media_type="application/pdf"
        )
        assert told["valid"] and len(told["signatures"]) == 1
        assert "Présidence" in told["signatures"][0]["subject"]
    assert {one.level for one in db.session.scalars(select(SigningItem))} == {"B-LT"}
    assert not any(
        one.prepared or one.signatures for one in db.session.scalars(select(SigningItem))
    )


def test_the_pin_may_be_typed_again_and_stays_nowhere(app: Flask, capsys) -> None:
    """So may what the step asks; of many folders at once it is asked of none."""
    asking = Step(SIGN, "Signer", ("desk:presidence",), to_approve=("cote",))
    book = signing_book(app, asking)
    fields = [{"key": "cote", "label": "Cote", "kind": "text", "required_at": []}]
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), metadata_fields=fields
    )
    folder, other = deposits(book, 2)
    marie = Browser(app, book.actor("presidence"))
    both = marie.post(ADDRESS, {"tasks[]": tasks(book, [folder, other])})
    assert both.text.count("À remplir d’abord : « Cote ».") == 2
    chosen = tasks(book, [folder])
    page = marie.send(ADDRESS, {"tasks[]": chosen})
    assert page.status_code == 422 and 'href="#donnee-cote"' in page.text
    form = {"tasks[]": chosen, "lot": lot_of(page), "signer": "demo", "note": "Vu"}
    form["donnee-cote"] = "B 12"
    wrong = marie.send(ADDRESS, form | {"pin": "0000"})
    assert wrong.status_code == 422 and "Le code PIN est faux." in wrong.text
    assert lot_of(wrong) == form["lot"] and ">Vu</textarea>" in wrong.text
    assert 'type="hidden" name="donnee-cote" value="B 12"' in wrong.text
    for _ in range(2):  # two clicks make one lot
        assert marie.send(ADDRESS, form | {"pin": "73519264"}).status_code == 302
    finish_all(app)
    (act,) = signed_acts(folder)
    assert act.detail["metadata"] == {"cote": "B 12"}
    assert results(form["lot"]) == {"Délibération 0": ("done", "")}
    for table in db.metadata.sorted_tables:
        assert "73519264" not in repr(db.session.execute(table.select()).all()), table.name
    assert "73519264" not in "".join(capsys.readouterr())
    unknown = marie.send(ADDRESS, form | {"signer": "ailleurs"})
    assert unknown.status_code == 422 and "choisissez dans la liste" in unknown.text


def test_only_what_comes_to_one_s_desk_is_signed(app: Flask) -> None:
    book = signing_book(app)
    folders = deposits(book, 2)
    chosen = tasks(book, folders)
    marie, dgs = book.actor("presidence"), book.actor("dgs")
    elsewhere = book.office.department_officer  # of another body
    for actor in (dgs, elsewhere, book.office.officer, book.actor("keeper")):
        browser = Browser(app, actor)
        page = browser.post(ADDRESS, {"tasks[]": chosen})
        assert "Délibération 0" not in page.text
        form = {"tasks[]": chosen, "signer": "demo", "pin": "1234"}
        refused = browser.send(ADDRESS, form)
        assert refused.status_code == 422 and "Délibération 0" not in refused.text
    assert db.session.scalars(select(SigningLot)).first() is None
    with pytest.raises(OperationRefused, match="500 dossiers au plus"):
        gathering.check_number(501)
    asked(Browser(app, marie), chosen)
    lot = db.session.scalars(select(SigningLot)).one()
    for actor in (dgs, elsewhere):
        browser = Browser(app, actor)
        for path in ("", "/a-signer"):
            assert browser.get(f"{ADDRESS}/{lot.id}{path}").status_code == 403
        assert browser.send(f"{ADDRESS}/{lot.id}/arret").status_code == 403
        values = {"nonce": "x", "values": {}}
        answer = browser.client.put(f"{ADDRESS}/{lot.id}/valeurs", json=values)
        assert answer.status_code in {400, 403}


def test_a_deputy_signs_under_a_delegation_alone_and_says_so(app: Flask) -> None:
    book = signing_book(app)
    without, under = deposits(book, 2)
    now = clock.now()
    common = {
        "deputy_id": book.people["dgs"], "organisation_id": book.body, "kind": "delegation",
        "starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=2),
        "roles": ["desk:presidence"], "actor": book.actor("presidence"),
    }  # fmt: skip
    president = book.people["presidence"]
    first = absences.declare(president, **common | {"kind": "absence"})
    victor = Browser(app, book.actor("dgs"))
    page = victor.post(ADDRESS, {"tasks[]": tasks(book, [without])})
    assert "pas de délégation de signature" in page.text
    form = {"tasks[]": tasks(book, [without]), "signer": "demo", "pin": "1234"}
    answer = victor.send(ADDRESS, form)
    finish_all(app)
    (found,) = results(answer.location.rsplit("/", 1)[1]).values()
    assert found == (
        "refused",
        "Vous n’avez pas de délégation de signature pour ce dossier.",
    )
    assert signed_acts(without) == []
    absences.end(first, actor=book.actor("presidence"))
    absences.declare(president, **common, signs=True, delegation="arrêté n° 7")
    asked(Browser(app, book.actor("dgs")), tasks(book, [under]))
    finish_all(app)
    (act,) = signed_acts(under)
    assert act.mention == "par délégation de Présidence, Présidente, arrêté n° 7"
    (current,) = files.current(under)
    stamped = text_of(app.extensions["partners"]["storage"].read(current.sha256))
    for line in ("Direction générale", "par délégation de Présidence", "démonstration"):
        assert line in stamped, stamped


def test_what_the_subtype_asks_is_said_with_the_signature(app: Flask) -> None:
    book = signing_book(app)
    asked_for = [{"key": "vote", "label": "Vote", "kind": "text", "values": [],
                  "required_at": ["approval"]}]  # fmt: skip
    circuit = db.session.get_one(FolderSubtype, book.subtype_id).circuit
    subtype = book.subtype("voté", circuit=circuit, metadata_fields=asked_for)
    folder, other = deposits(book, 2, subtype_id=subtype)
    marie = Browser(app, book.actor("presidence"))
    form = {"tasks[]": tasks(book, [folder]), "signer": "demo", "pin": "1234"}
    refused = marie.send(ADDRESS, form)
    assert refused.status_code == 422 and "Vote" in refused.text
    assert marie.send(ADDRESS, form | {"donnee-vote": "unanime"}).status_code == 302
    together = marie.send(ADDRESS, form | {"tasks[]": tasks(book, [other]) * 2})
    assert together.status_code == 422
    finish_all(app)
    details = db.session.get_one(Folder, folder, populate_existing=True).details
    assert details["metadata"] == {"vote": "unanime"}
    assert signed_acts(folder) and not signed_acts(other)
