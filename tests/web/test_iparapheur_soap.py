"""Software that speaks to i-Parapheur 4 (SOAP 1.1) speaks to the signature book."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree

from connectors.transmission.practice.paper import sheet
from engine.api_keys import FOLDERS_READ
from engine.models import db
from tests.connectors.signature.test_hostile import encrypted
from tests.web.program import administrator, make_key
from tests.workflows.parapheur.book import Book, with_circuit
from workflows.parapheur import typology
from workflows.parapheur.models import Folder, FolderAct

PDF = sheet("Délibération", ["Aide à la scierie"])
WSDL = Path(__file__).parents[2] / "web/iparapheur/soap/iparapheur.wsdl"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://www.adullact.org/spring-ws/iparapheur/1.0"
NAMED = {"i": SERVICE}


def schema() -> etree.XMLSchema:
    """What the service says of its messages, as a caller's library reads it."""
    mime, own = etree.parse(str(WSDL)).iterfind(
        ".//{http://www.w3.org/2001/XMLSchema}schema"
    )
    own[0].set("schemaLocation", "mime.xsd")

    class Beside(etree.Resolver):
        def resolve(self, url: str, _id: Any, context: Any) -> Any:
            return self.resolve_string(etree.tostring(mime), context)

    parser = etree.XMLParser()
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.fromstring(etree.tostring(own), parser))


def enveloped(inside: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="{ENVELOPE}" '
        f'xmlns:ns="{SERVICE}" xmlns:x="http://www.w3.org/2005/05/xmlmime">'
        f"<e:Header/><e:Body>{inside}</e:Body></e:Envelope>"
    )


def document(name: str, content: bytes, kind: str = "application/pdf") -> str:
    held = base64.b64encode(content).decode()
    return f'<ns:{name} x:contentType="{kind}">{held}</ns:{name}>'


def to_create(name: str = "DEL-1", more: str = "", **said: str) -> str:
    """What Pastell's connector sends, in the order in which it does."""
    values = {"TypeTechnique": "Délibérations", "SousType": "Ordinaire", "DossierID": name}
    texts = "".join(f"<ns:{k}>{v}</ns:{k}>" for k, v in (values | said).items())
    main = "" if "DocumentPrincipal" in more else document("DocumentPrincipal", PDF)
    return f"<ns:CreerDossierRequest>{texts}{main}{more}</ns:CreerDossierRequest>"


class Caller:
    """A key as a password, and the answers of the service, each judged by its schema."""

    def __init__(self, book: Book, *desks: str, login: str = "pastell", **key: Any) -> None:
        by = administrator(book.body, f"cle-{'-'.join(desks)}@essai.test")
        roles = [f"desk:{one}" for one in desks]
        self.token = make_key(book.body, roles=roles, actor=by, **key)[1]
        self.app, self.login, self.schema = book.app, login, schema()

    def post(self, content: str | bytes, kind: str = "text/xml; charset=utf-8") -> Any:
        return self.app.test_client().post(
            "/ws-iparapheur-no-mtom", data=content, content_type=kind,
            auth=(self.login, self.token),
        )  # fmt: skip

    def answered(self, answer: Any) -> Any:
        assert answer.status_code == 200, answer.text
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        found = etree.fromstring(answer.data).find(f"{{{ENVELOPE}}}Body")[0]
        self.schema.assertValid(found)
        return found

    def ask(self, inside: str) -> Any:
        return self.answered(self.post(enveloped(inside)))

    def about(self, operation: str, name: str) -> Any:
        return self.ask(f"<ns:{operation}Request>{name}</ns:{operation}Request>")

    def statuses(self, name: str) -> list[str]:
        found = self.about("GetHistoDossier", name)
        return [it.text for it in found.iterfind("i:LogDossier/i:status", NAMED)]


def how(answer: Any) -> tuple[str, str]:
    """How it went: the code, and what is said."""
    said = [answer.findtext(f"i:MessageRetour/i:{it}", "", NAMED) for it in ("codeRetour", "message")]  # fmt: skip
    return said[0], said[1]


def held(answer: Any, path: str) -> bytes:
    return base64.b64decode(answer.findtext(path, "", NAMED))


@pytest.fixture
def book(app: Flask) -> Book:
    book = with_circuit(app)
    fields = [
        {"key": "montant", "label": "Montant", "kind": "number"},
        {"key": "urgent", "label": "Urgent", "kind": "boolean", "required_at": ["deposit"]},
    ]
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), metadata_fields=fields
    )
    return book


METADATA = (
    "<ns:MetaData><ns:MetaDonnee><ns:nom>montant</ns:nom><ns:valeur>12.5</ns:valeur>"
    "</ns:MetaDonnee><ns:MetaDonnee><ns:nom>urgent</ns:nom><ns:valeur>true</ns:valeur>"
    "</ns:MetaDonnee></ns:MetaData>"
)
ANNEX = (
    "<ns:DocumentsAnnexes><ns:DocAnnexe><ns:nom>plan.pdf</ns:nom>"
    f"{document('fichier', PDF + b'%annexe')}<ns:mimetype>application/pdf</ns:mimetype>"
    "<ns:encoding>UTF-8</ns:encoding></ns:DocAnnexe></ns:DocumentsAnnexes>"
)


def test_a_folder_goes_from_its_deposit_to_the_archive(book: Book) -> None:
    caller = Caller(book, "assemblees")
    described = caller.app.test_client().get("/ws-iparapheur-no-mtom?wsdl")
    assert described.mimetype == "text/xml"
    assert b'/ws-iparapheur-no-mtom"/>' in described.data
    assert caller.about("echo", "cætera").text == "cætera"
    types = caller.about("GetListeTypes", "")
    assert [it.text for it in types] == ["Délibérations"]
    subtypes = caller.about("GetListeSousTypes", "Délibérations")
    assert [it.text for it in subtypes] == ["Ordinaire"]
    both = "<ns:TypeTechnique>Délibérations</ns:TypeTechnique><ns:SousType>Ordinaire</ns:SousType>"
    asked = caller.about("GetMetaDonneesRequisesPourTypeSoustype", both)
    assert asked[1].findtext("i:obligatoire", "", NAMED) == "true"
    assert len(caller.about("GetListeMetaDonnees", "")) == 2
    said = {
        "DossierTitre": "Aide à la scierie", "NomDocPrincipal": "acte.pdf",
        "Visibilite": "SERVICE", "DateLimite": "2030-01-15",
        "AnnotationPublique": "À signer vite",
    }  # fmt: skip
    whole = to_create("DEL-1", METADATA + ANNEX, **said)
    made = caller.ask(whole)
    assert how(made) == ("OK", "Dossier Aide à la scierie soumis dans le circuit")
    assert made.find("i:DossierID", NAMED) is None, "it is the caller's own"
    book.settle()
    assert how(caller.ask(whole))[0] == "OK"
    db.session.rollback()
    folder = db.session.query(Folder).one()
    assert (folder.external_id, folder.visibility) == ("DEL-1", "service")
    assert folder.due_at and folder.due_at.date().isoformat() == "2030-01-15"
    note = db.session.query(FolderAct).filter_by(kind="deposited").one().note
    assert note == "À signer vite"
    assert caller.statuses("DEL-1") == ["NonLu", "EnCoursVisa"]
    assert how(caller.about("EffacerDossierRejete", "DEL-1"))[0] == "KO"
    to_archive = "<ns:DossierID>DEL-1</ns:DossierID>"
    assert how(caller.about("ArchiverDossier", to_archive))[0] == "KO"
    book.approve(folder.instance_id, "juridique")
    book.sign(folder.instance_id, "presidence")
    book.settle()
    assert caller.statuses("DEL-1") == ["NonLu", "Vise", "Signe", "Archive"]
    got = caller.about("GetDossier", "DEL-1")
    assert how(got)[0] == "OK"
    assert held(got, "i:DocPrincipal") == PDF + b"\n%signed"
    assert got.findtext("i:NomDocPrincipal", "", NAMED) == "acte.pdf"
    annexes = got.findall("i:DocumentsAnnexes/i:DocAnnexe", NAMED)
    assert annexes[0].findtext("i:nom", "", NAMED) == "plan.pdf"
    assert held(annexes[0], "i:fichier") == PDF + b"%annexe"
    assert held(annexes[-1], "i:fichier").startswith(b"%PDF"), "its record comes last"
    values = [it.text for it in got.iterfind("i:MetaDonnees/i:MetaDonnee/i:valeur", NAMED)]
    assert values == ["12.5", "true"]
    found = caller.about("RechercherDossiers", "<ns:Status>Archive</ns:Status>")
    assert [it.text for it in found.iterfind("i:LogDossier/i:nom", NAMED)] == ["DEL-1"]
    assert not len(caller.about("RechercherDossiers", "<ns:Status>RejetVisa</ns:Status>"))
    assert how(caller.about("ArchiverDossier", to_archive))[0] == "OK"
    assert caller.statuses("DEL-1")[-1] == "Archive", "nothing leaves the book"
    assert not len(caller.about("RechercherDossiers", "<ns:Status>Archive</ns:Status>"))
    transmitted = enveloped(
        "<ns:EnvoyerDossierTdTRequest>DEL-1</ns:EnvoyerDossierTdTRequest>"
    )
    assert "n’est pas servi" in caller.post(transmitted).text


def test_a_refusal_comes_back_with_its_reason_and_the_name_serves_again(book: Book) -> None:
    caller = Caller(book, "assemblees")
    caller.ask(to_create("DEL-2", METADATA, DossierTitre="Aide"))
    book.settle()
    first = db.session.query(Folder).one().instance_id
    book.refuse(first, "juridique", "Visa manquant")
    found = caller.about("GetHistoDossier", "DEL-2")
    last = found.findall("i:LogDossier", NAMED)[-1]
    assert last.findtext("i:status", "", NAMED) == "RejetVisa"
    assert last.findtext("i:annotation", "", NAMED) == "Visa manquant"
    code, said = how(caller.ask(to_create("DEL-2", METADATA)))
    assert code == "KO" and "a été refusé" in said
    assert how(caller.about("EffacerDossierRejete", "DEL-2")) == (
        "OK", "Dossier DEL-2 supprimé du Parapheur.",
    )  # fmt: skip
    assert how(caller.about("EffacerDossierRejete", "DEL-2"))[0] == "OK"
    assert how(caller.ask(to_create("DEL-2", METADATA)))[0] == "OK"
    book.settle()
    db.session.rollback()
    rows = {it.state: it.external_id for it in db.session.query(Folder)}
    assert rows["in_progress"] == "DEL-2"
    assert rows["abandoned"].startswith("DEL-2 ["), "it stays, under another name"
    assert how(caller.about("ExercerDroitRemordDossier", "DEL-2"))[0] == "OK"
    book.settle()
    assert caller.statuses("DEL-2")[-1] == "NonLu"
    assert how(caller.about("EffacerDossierRejete", "DEL-2"))[0] == "OK"
    # Without an identifier of its own, the caller is given one; files may be attachments.
    include = (
        '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{}"/>'
    )
    main = f'<ns:DocumentPrincipal x:contentType="application/pdf">{include}</ns:DocumentPrincipal>'
    root = enveloped(
        to_create("", METADATA + main.format("acte%40essai"), DossierTitre="Aide")
    )
    kind = 'multipart/related; type="application/xop+xml"; boundary=mime; start="<r>"'
    parts = (
        b"--mime\r\nContent-Type: application/xop+xml\r\nContent-ID: <r>\r\n\r\n"
        + root.encode() + b"\r\n--mime\r\nContent-Type: application/pdf\r\n"
        b"Content-Transfer-Encoding: binary\r\nContent-ID: <acte@essai>\r\n\r\n"
        + PDF + b"\r\n--mime--\r\n"
    )  # fmt: skip
    made = caller.answered(caller.post(parts, kind))
    given = made.findtext("i:DossierID", "", NAMED)
    book.settle()
    assert held(caller.about("GetDossier", given), "i:DocPrincipal") == PDF
    missing = parts.replace(b"Content-ID: <acte@essai>\r\n", b"")
    assert "n’est pas là" in caller.post(missing, kind).text


def test_what_is_wrong_is_a_clear_refusal(book: Book) -> None:
    caller = Caller(book, "assemblees", "dgs", login="assemblees")
    for inside, said in (
        (to_create(SousType="inconnu"), "n’existe pas"),
        (to_create(), "Urgent : à remplir"),
        (to_create(more=METADATA, Visibilite="TOUS"), "CONFIDENTIEL"),
        (to_create(more=METADATA, DateLimite="demain"), "DateLimite"),
        (to_create(more=METADATA, DossierID="x" * 201), "200 caractères"),
        (to_create(more=METADATA + "<ns:CircuitObligatoire/>"), "circuit"),
        (to_create(more=METADATA + "<ns:DocumentPrincipal/>"), "n’est pas joint"),
        (to_create(more=METADATA + document("DocumentPrincipal", b"<script>")), "pas un PDF"),
        (to_create(more=METADATA + document("DocumentPrincipal", PDF[:-40])), ""),
        (to_create(more=METADATA + document("DocumentPrincipal", encrypted())), ""),
        (to_create(more=METADATA + "<ns:MetaDataTdtACTES><ns:nature>délibération"
                   "</ns:nature></ns:MetaDataTdtACTES>"), "numéros"),
        ("<ns:GetDossierRequest>inconnu</ns:GetDossierRequest>", "inconnu"),
        ("<ns:GetHistoDossierRequest/>", "inconnu"),
    ):  # fmt: skip
        code, told = how(caller.ask(inside))
        assert code == "KO" and said in told, (inside[:150], told)
        assert told
    db.session.rollback()
    assert db.session.query(Folder).count() == 0
    bomb = '<!DOCTYPE a [<!ENTITY x "aaaa"><!ENTITY y "&x;&x;&x;">]>'
    deep = "<a>" * 40 + "</a>" * 40
    for content in (
        "pas du XML",
        "",
        bomb + enveloped("<ns:echoRequest>&y;</ns:echoRequest>"),
        enveloped("<ns:echoRequest>" + "a" * 100_000 + "</ns:echoRequest>"),
        enveloped(deep),
        enveloped("<b/>" * 6000),
        enveloped("<ns:DetruireToutRequest/>"),
        enveloped("<ns:echoRequest/><ns:echoRequest/>"),
        enveloped("<ns:GetDossierRequest>DEL") + "-1",
        enveloped(to_create()).replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope"),
        enveloped(to_create()).replace(base64.b64encode(PDF).decode(), "JVBE@"),
    ):
        answer = caller.post(content)
        assert answer.status_code == 400, content[:100]
        assert etree.fromstring(answer.data).findtext(".//faultstring")
    assert caller.post(b"--x", "multipart/related; boundary=y").status_code == 400
    two = Caller(book, "juridique", "presidence")
    assert "plusieurs bureaux" in how(two.ask(to_create(more=METADATA)))[1]


def test_nobody_reads_or_does_another_s(book: Book) -> None:
    caller, other = Caller(book, "assemblees"), Caller(book, "dgs")
    caller.ask(to_create("DEL-3", METADATA))
    book.settle()
    folder = db.session.query(Folder).one().instance_id
    for name in ("DEL-3", str(folder)):
        for operation in ("GetDossier", "GetHistoDossier", "EffacerDossierRejete", "ExercerDroitRemordDossier"):  # fmt: skip
            assert how(other.about(operation, name))[0] == "KO", operation
    assert not len(
        other.about("RechercherDossiers", f"<ns:DossierID>{folder}</ns:DossierID>")
    )
    assert how(other.ask(to_create("DEL-3", METADATA)))[0] == "OK", (
        "names are each key's own"
    )
    reader = Caller(book, "assemblees", scopes=[FOLDERS_READ], login="é")
    code, said = how(reader.ask(to_create("DEL-4", METADATA)))
    assert code == "KO" and "folders:write" in said
    caller.token = "ebg_faux_clé"
    refused = caller.post(enveloped("<ns:GetListeTypesRequest/>"))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    bare = caller.app.test_client().post("/ws-iparapheur", data=io.BytesIO(b"x" * 10))
    assert bare.status_code == 401
