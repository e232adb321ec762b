"""Drafts and their publication: two persons, exactly what was asked, nothing lost in silence."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import definitions, journal, journal_check, notices, procedure_drafts
from engine.access import Forbidden
from engine.commands import (
    cases,
    catching_up,
)
from engine.commands import drafts as people_drafts
from engine.commands import (
    procedure_drafts as drafts,
)
from engine.commands import (
    publication_requests as requests,
)
from engine.documents import Draft
from engine.errors import Busy, DraftHeld, EngineError, FileChanged, OperationRefused
from engine.models import ProcessDefinition, db
from engine.notices import Notice
from engine.procedure_drafts import ProcedureDraft, PublicationRequest
from tests.conftest import build, close, environment
from tests.web.designing import KEY, Studio, prepare, small_files, version
from workflows import proposing, publication
from workflows.proposing import WarningsUnread
from workflows.publication import FolderRefused

LETTER = b"# Objet\n\nBonjour"


@pytest.fixture
def studio(either_app: Flask) -> Studio:
    return prepare(either_app)


def write(studio: Studio, name: str, old: bytes, new: bytes) -> None:
    """Change a file of the draft as its designer."""
    found = procedure_drafts.file(studio.draft, name)
    assert found
    assert old in found[0]
    drafts.save_file(
        studio.draft, name, found[0].replace(old, new), found[1], actor=studio.didier
    )


def renamed(studio: Studio) -> None:
    write(studio, "process.bpmn", b"Demande trait", b"Dossier trait")


def asked(studio: Studio) -> UUID:
    renamed(studio)
    return proposing.ask(studio.draft, "Autre mot", read=True, actor=studio.didier)


def told(person_id: UUID | None) -> list[str]:
    db.session.rollback()
    rows = select(Notice.detail).where(
        Notice.person_id == person_id, Notice.kind == notices.PROCEDURE
    )
    return [detail["what"] for detail in db.session.scalars(rows.order_by(Notice.at))]


def test_two_persons_publish_exactly_what_was_asked(studio: Studio) -> None:
    request = asked(studio)
    frozen = procedure_drafts.files(studio.draft)
    assert told(studio.lea.person_id) == told(studio.dora.person_id) == ["asked"]
    write(studio, "process.bpmn", b"Dossier trait", b"Tout autre, trait")
    for actor in (studio.didier, studio.stranger, studio.office.operator):
        with pytest.raises(Forbidden):
            proposing.accept(request, actor=actor)
    assert proposing.accept(request, actor=studio.lea) == 2
    found = definitions.latest(KEY)
    assert procedure_drafts.published(found.id) == frozen
    assert (found.published_by, found.approved_by, found.comment, found.origin) == (
        studio.didier.person_id, studio.lea.person_id, "Autre mot", "designer",
    )  # fmt: skip
    assert found.sha256 == procedure_drafts.digest(frozen)
    draft = db.session.get_one(ProcedureDraft, studio.draft)
    assert draft.base_id == found.id, "what was written since goes on, from the new version"
    assert told(studio.didier.person_id) == ["accepted"]
    with pytest.raises(OperationRefused, match="quelqu’un a déjà décidé"):
        proposing.accept(request, actor=studio.lea)
    assert journal_check.verify() == []


def test_a_draft_published_as_it_is_is_over(studio: Studio) -> None:
    proposing.accept(asked(studio), actor=studio.dora)
    assert db.session.get(ProcedureDraft, studio.draft) is None
    assert procedure_drafts.files(studio.draft) == {}
    again = drafts.begin_from(version(KEY, 2), actor=studio.dora)
    with pytest.raises(OperationRefused, match="Rien n’a changé"):
        proposing.ask(again, "Rien", read=True, actor=studio.dora)
    drafts.discard(again, actor=studio.dora)
    older = drafts.begin_from(studio.definition, actor=studio.dora)
    back = proposing.ask(older, "Comme avant", read=True, actor=studio.dora)
    assert proposing.accept(back, actor=studio.lea) == 3
    assert procedure_drafts.published(version(KEY, 3)) == small_files()


def test_asking_is_refused_with_every_reason(studio: Studio) -> None:
    with pytest.raises(OperationRefused, match="Rien n’a changé"):
        proposing.ask(studio.draft, "Pour voir", read=True, actor=studio.didier)
    renamed(studio)
    with pytest.raises(OperationRefused, match="dites ce qui change"):
        proposing.ask(studio.draft, "  ", read=True, actor=studio.didier)
    with pytest.raises(DraftHeld):
        proposing.ask(studio.draft, "Bonjour", read=True, actor=studio.dora)
    with pytest.raises(Forbidden):
        proposing.ask(studio.draft, "Bonjour", read=True, actor=studio.lea)
    with pytest.raises(OperationRefused, match="a changé pendant"):
        requests.ask(studio.draft, "0" * 64, "Bonjour", [], actor=studio.didier)
    write(studio, "process.bpmn", b">aid_rate<", b">no_rate<")
    with pytest.raises(FolderRefused) as refused:
        proposing.ask(studio.draft, "Bonjour", read=True, actor=studio.didier)
    assert any(p.element_id == "rate" for p in refused.value.problems)
    write(studio, "process.bpmn", b">no_rate<", b">aid_rate<")
    proposing.ask(studio.draft, "Bonjour", read=True, actor=studio.didier)
    with pytest.raises(OperationRefused, match="attend déjà"):
        proposing.ask(studio.draft, "Bonjour", read=True, actor=studio.didier)
    with pytest.raises(OperationRefused, match="demande de publication attend"):
        drafts.discard(studio.draft, actor=studio.didier)


def test_a_question_that_goes_is_told_before_publication(studio: Studio) -> None:
    for _ in range(2):
        cases.start(
            studio.definition, {"title": "Une scie", "amount": 10},
            actor=studio.office.applicant, applicant_id=studio.office.company,
        )  # fmt: skip
    write(studio, "application.form.json", b'"key": "amount"', b'"key": "sum"')
    with pytest.raises(WarningsUnread) as unread:
        proposing.ask(studio.draft, "Somme", read=False, actor=studio.didier)
    (warning,) = [w for w in unread.value.warnings if w.file == "application.form.json"]
    assert "application.amount" in warning.message
    assert "qui les ont déjà : 2" in warning.message
    assert "rates.dmn nomme encore application.amount" in warning.message
    request = proposing.ask(studio.draft, "Somme", read=True, actor=studio.didier)
    kept = db.session.get_one(PublicationRequest, request).acknowledged
    assert any("application.amount" in one["message"] for one in kept)


def test_a_version_published_meanwhile_is_never_overwritten(studio: Studio) -> None:
    request = asked(studio)
    other = {**small_files(), "more.letter.md": LETTER}
    other["rates.dmn"] = other["rates.dmn"].replace(b"0.5", b"0.6")
    region = studio.office.region
    assert publication.publish(KEY, other, owner_id=region, origin="designer") == 2
    with pytest.raises(OperationRefused, match="Une autre version a été publiée"):
        proposing.accept(request, actor=studio.lea)
    requests.refuse(request, "À reprendre", actor=studio.lea)
    assert told(studio.didier.person_id) == ["refused"]
    with pytest.raises(OperationRefused, match="Une autre version a été publiée"):
        proposing.ask(studio.draft, "Encore", read=True, actor=studio.didier)
    write(studio, "rates.dmn", b"0.5", b"0.7")
    apart = catching_up.apart(db.session.get_one(ProcedureDraft, studio.draft))
    assert apart
    assert (apart.theirs, apart.both) == (["more.letter.md"], ["rates.dmn"])
    last = apart.last.id
    for kept in ({}, {"rates.dmn": "nobody's"}):
        with pytest.raises(OperationRefused, match="Choisissez"):
            catching_up.catch_up(studio.draft, last, kept, actor=studio.didier)
    with pytest.raises(OperationRefused, match="Une version de plus"):
        catching_up.catch_up(studio.draft, studio.definition, {}, actor=studio.didier)
    catching_up.catch_up(studio.draft, last, {"rates.dmn": "mine"}, actor=studio.didier)
    found = procedure_drafts.files(studio.draft)
    assert found["more.letter.md"] == LETTER
    assert b"0.7" in found["rates.dmn"]
    assert b"Dossier trait" in found["process.bpmn"]
    again = proposing.ask(studio.draft, "Les deux", read=True, actor=studio.didier)
    assert proposing.accept(again, actor=studio.lea) == 3


def test_a_version_withdrawn_gives_way_to_the_one_before(studio: Studio) -> None:
    with pytest.raises(OperationRefused, match="Aucune version précédente"):
        requests.withdraw_version(studio.definition, "Essai", actor=studio.didier)
    proposing.accept(asked(studio), actor=studio.lea)
    second = version(KEY, 2)
    with pytest.raises(OperationRefused, match="n’est plus celle"):
        requests.withdraw_version(studio.definition, "Essai", actor=studio.didier)
    with pytest.raises(OperationRefused, match="dites pourquoi"):
        requests.withdraw_version(second, " ", actor=studio.didier)
    for actor in (studio.lea, studio.stranger):
        with pytest.raises(Forbidden):
            requests.withdraw_version(second, "Erreur de taux", actor=actor)
    filling = people_drafts.open_for_start(
        second, actor=studio.office.applicant, organisation_id=studio.office.company,
        values={"title": "Une scie"},
    )  # fmt: skip
    assert requests.withdraw_version(second, "Erreur de taux", actor=studio.dora) == 1
    kept = db.session.get_one(Draft, filling)
    assert (kept.definition_id, kept.values) == (
        studio.definition,
        {"title": "Une scie"},
    ), "what somebody was filling in can still be filed"
    assert definitions.latest(KEY).id == studio.definition
    assert told(studio.didier.person_id)[-1] == "withdrawn"
    files = procedure_drafts.published(second)
    assert publication.publish(KEY, files, owner_id=studio.office.region) is None, (
        "a folder does not undo it by itself"
    )
    draft = drafts.begin_from(second, actor=studio.dora)
    assert proposing.accept(
        proposing.ask(draft, "Remise en service", read=True, actor=studio.dora),
        actor=studio.didier,
    ) == 3  # fmt: skip


def test_files_are_renamed_and_deleted_by_whoever_holds_the_draft(studio: Studio) -> None:
    drafts.rename_file(studio.draft, "rates.dmn", "taux.dmn", actor=studio.didier)
    with pytest.raises(OperationRefused, match="porte déjà ce nom"):
        drafts.rename_file(
            studio.draft, "taux.dmn", "review.form.json", actor=studio.didier
        )
    with pytest.raises(OperationRefused, match="gardez-le"):
        drafts.delete_file(studio.draft, "process.bpmn", actor=studio.didier)
    drafts.delete_file(studio.draft, "taux.dmn", actor=studio.didier)
    with pytest.raises(FileChanged):
        drafts.delete_file(studio.draft, "taux.dmn", actor=studio.didier)
    with pytest.raises(DraftHeld):
        drafts.delete_file(studio.draft, "review.form.json", actor=studio.dora)
    too_many = {f"n{number}.letter.md": b"x" for number in range(200)}
    with pytest.raises(OperationRefused, match="200 fichiers"):
        drafts.replace_files(studio.draft, too_many, whole=False, actor=studio.didier)
    assert len(procedure_drafts.files(studio.draft)) == 3
    drafts.take_over(studio.draft, actor=studio.dora)
    assert told(studio.didier.person_id) == ["taken_over"]
    drafts.discard(studio.draft, actor=studio.dora)
    assert procedure_drafts.of_key(KEY) is None
    acts = [one.action for one in journal.latest(f"procedure:{KEY}", 10)]
    assert acts[0] == "draft_discarded"
    assert "draft_renamed" in acts


def test_a_new_procedure_has_a_key_of_its_own(studio: Studio) -> None:
    region = studio.office.region
    with pytest.raises(OperationRefused, match="porte déjà cet identifiant"):
        drafts.begin(KEY, region, small_files(), actor=studio.didier)
    for actor in (studio.lea, studio.stranger):
        with pytest.raises(Forbidden):
            drafts.begin("grants.other", region, small_files("grants.other"), actor=actor)
    made = drafts.begin(
        "grants.other", region, small_files("grants.other"), actor=studio.dora
    )
    request = proposing.ask(made, "Première", read=True, actor=studio.dora)
    assert proposing.accept(request, actor=studio.lea) == 1


@pytest.fixture
def real(tmp_path: Path, postgresql: str) -> Iterator[Studio]:
    app = build(environment(tmp_path, DATABASE_URL=postgresql))
    with app.app_context():
        yield prepare(app)
    close(app)


def at_once(app: Flask, *acts: Callable[[], object]) -> list[Exception | None]:
    """Do all acts at the same moment, each in its own session; what each was told."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> Exception | None:
        with app.app_context():
            barrier.wait()
            try:
                act()
            except (EngineError, publication.FolderRefused) as error:
                return error
            return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.servers
def test_at_the_same_moment_one_succeeds_and_the_other_is_told(real: Studio) -> None:
    drafts.release(real.draft, actor=real.didier)
    new = {one: f"<a>{one}</a>".encode() for one in ("didier", "dora")}
    results = at_once(
        real.app,
        *(
            lambda who=who: drafts.save_file(
                real.draft, "rates.dmn", new[who], 1, actor=getattr(real, who)
            )
            for who in new
        ),
    )
    assert sum(one is None for one in results) == 1
    assert any(isinstance(one, DraftHeld | Busy) for one in results)
    drafts.take_over(real.draft, actor=real.didier)
    found = procedure_drafts.file(real.draft, "rates.dmn")
    assert found
    drafts.save_file(
        real.draft, "rates.dmn", small_files()["rates.dmn"], found[1], actor=real.didier
    )
    request = asked(real)
    other = {**small_files(), "more.letter.md": LETTER}
    results = at_once(
        real.app,
        lambda: proposing.accept(request, actor=real.lea),
        lambda: proposing.accept(request, actor=real.dora),
        lambda: publication.publish(
            KEY, other, owner_id=real.office.region, origin="designer"
        ),
    )
    db.session.rollback()
    numbers = db.session.scalars(
        select(ProcessDefinition.version).where(ProcessDefinition.key == KEY)
    ).all()
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    accepted = db.session.get_one(PublicationRequest, request)
    if accepted.version is not None:
        base = version(KEY, accepted.version - 1)
        assert accepted.base_id == base, "nobody's version was passed over in silence"
    assert sum(isinstance(one, OperationRefused | Busy) for one in results) >= 1
    begun = at_once(
        real.app,
        *(
            lambda who=who: drafts.begin(
                "grants.same", real.office.region, small_files("grants.same"), actor=who
            )
            for who in (real.didier, real.dora)
        ),
    )
    assert sum(one is None for one in begun) == 1
    db.session.rollback()
    drafted = select(func.count()).where(ProcedureDraft.key == "grants.same")
    assert db.session.scalar(drafted) == 1
