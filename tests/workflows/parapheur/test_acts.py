"""What desks do: undo, return, transfer, ask, go past, correct; for themselves or for others."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock, journal_check
from engine.access import Actor, Forbidden, actor_for, allowed
from engine.commands import absences, tasks
from engine.directory import Organisation
from engine.errors import DoneElsewhere
from engine.models import ProcessInstance, Timer, UserTask, db
from engine.notices import Notice
from tests.office import publish
from tests.workflows.parapheur.book import Book, with_circuit
from tests.workflows.parapheur.test_circulation import folder_of, kinds, standings
from web.parapheur import papers, reading
from workflows.parapheur import (
    acts,
    files,
    gathering,
    lists,
    premis,
    signatures,
    typology,
)
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.circuits import (
    ALL,
    APPROVE,
    ONE,
    OPINION,
    SEAL,
    SIGN,
    TRANSMISSION,
    Step,
)
from workflows.parapheur.lots import SigningItem
from workflows.parapheur.models import Folder, FolderAct, FolderSubtype, SecondOpinion
from workflows.parapheur.proofs import gather, record
from workflows.parapheur.publishing import publish_circuit

THREE = (
    Step(APPROVE, "Viser", ("desk:juridique",)),
    Step(SIGN, "Signer", ("desk:presidence",)),
    Step(APPROVE, "Diffuser", ("desk:dgs",)),
)


def act_of(act_id: UUID) -> FolderAct:
    return db.session.get_one(FolderAct, act_id, populate_existing=True)


def test_an_approval_is_taken_back_until_somebody_acts(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    folder = book.deposit()
    act = book.approve(folder, "juridique")
    with pytest.raises(Forbidden):
        acts.undo(act, actor=book.actor("dgs"))
    undone = acts.undo(act, actor=book.actor("juridique"))
    assert standings(folder)["juridique"] == "now"
    assert act_of(act).undone_by == undone
    with pytest.raises(ActRefused, match="déjà annulé"):
        acts.undo(act, actor=book.actor("juridique"))
    again = book.approve(folder, "juridique")
    book.refuse(folder, "presidence")
    with pytest.raises(ActRefused, match="trop tard"):
        acts.undo(again, actor=book.actor("juridique"))
    assert journal_check.verify() == []


def test_a_signature_taken_back_gives_the_version_before(either_app: Flask) -> None:
    """While the timestamp has not come: it is the last act of the folder."""
    book = with_circuit(either_app, *THREE)
    folder = book.deposit()
    book.approve(folder, "juridique")
    (before,) = files.current(folder)
    act = acts.sign(
        book.tasks(folder)["presidence"],
        [book.signed(before)],
        actor=book.actor("presidence"),
    )
    assert files.current(folder)[0].sha256 != before.sha256
    acts.undo(act, actor=book.actor("presidence"))
    db.session.rollback()
    assert files.current(folder)[0].sha256 == before.sha256
    assert len(files.versions(before.file.id)) == 2, "nothing is erased"
    assert set(book.tasks(folder)) == {"presidence"}
    book.sign(folder, "presidence")
    assert len(files.versions(before.file.id)) == 3


def test_a_folder_is_returned_to_the_step_before(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    folder = book.deposit()
    with pytest.raises(ActRefused, match="première étape"):
        acts.send_back(
            book.tasks(folder)["juridique"], actor=book.actor("juridique"), reason="x"
        )
    book.approve(folder, "juridique")
    task = book.tasks(folder)["presidence"]
    with pytest.raises(ActRefused, match="Dites pourquoi"):
        acts.send_back(task, actor=book.actor("presidence"), reason=" ")
    acts.send_back(task, actor=book.actor("presidence"), reason="À préciser")
    assert set(book.tasks(folder)) == {"juridique"}
    assert kinds(folder) == ["deposited", "approved", "returned"]


def test_a_step_is_transferred_to_another_desk(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    folder = book.deposit()
    task = book.tasks(folder)["juridique"]
    with pytest.raises(ActRefused, match="bureau"):
        acts.transfer(task, "desk:inconnu", actor=book.actor("juridique"))
    acts.transfer(task, "desk:presidence", actor=book.actor("juridique"), note="Pour vous")
    assert standings(folder) | {"dgs": ""} == {
        "assemblees": "done", "juridique": "done", "presidence": "now", "dgs": "",
    }  # fmt: skip
    with pytest.raises(Forbidden):
        acts.approve(task, actor=book.actor("juridique"))
    book.approve(folder, "presidence")
    assert set(book.tasks(folder)) == {"presidence"}, "now their own step"


def test_all_desks_or_the_first_one(app: Flask) -> None:
    both = ("desk:juridique", "desk:dgs")
    book = with_circuit(
        app, Step(APPROVE, "Tous", both, ALL), Step(APPROVE, "Un seul", both, ONE)
    )
    folder = book.deposit()
    first = book.approve(folder, "juridique")
    assert standings(folder) == {"assemblees": "done", "juridique": "done", "dgs": "now"}
    acts.undo(first, actor=book.actor("juridique"))
    assert set(book.tasks(folder)) == {"juridique", "dgs"}, "it opens again for all"
    book.approve(folder, "juridique")
    book.approve(folder, "dgs")
    assert set(book.tasks(folder)) == {"juridique", "dgs"}, "the second step"
    book.approve(folder, "dgs")
    assert folder_of(folder).state == "finished"


def test_one_refusal_of_several_is_a_refusal(app: Flask) -> None:
    book = with_circuit(app, Step(APPROVE, "Tous", ("desk:juridique", "desk:dgs"), ALL))
    folder = book.deposit()
    book.approve(folder, "juridique")
    book.refuse(folder, "dgs")
    assert (folder_of(folder).state, set(book.tasks(folder))) == ("refused", {"assemblees"})


def test_a_refused_folder_is_corrected_or_given_up(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    folder = book.deposit()
    (one,) = files.current(folder)
    book.refuse(folder, "juridique")
    task = book.tasks(folder)["assemblees"]
    with pytest.raises(ActRefused) as refused:
        acts.correct(task, actor=book.actor("assemblees"), title="", removed=[one.file.id])
    assert set(refused.value.errors) == {"title", "files"}
    acts.correct(
        task, actor=book.actor("assemblees"), title="Délibération corrigée",
        replaced={one.file.id: book.file("acte.pdf", b"%PDF-1.4 corrige")},
    )  # fmt: skip
    book.settle()
    row = folder_of(folder)
    assert (row.round, row.state, row.title) == (2, "in_progress", "Délibération corrigée")
    assert set(book.tasks(folder)) == {"juridique"}
    assert len(files.versions(one.file.id)) == 2
    book.refuse(folder, "juridique")
    acts.abandon(book.tasks(folder)["assemblees"], actor=book.actor("assemblees"))
    assert folder_of(folder).state == "abandoned"
    assert standings(folder) == {"assemblees": "done", "juridique": "done"}
    assert book.tasks(folder) == {}


def test_a_refusal_is_taken_back_or_answered_where_it_was_given(either_app: Flask) -> None:
    """What was approved before holds; the step that refused opens again, once, for its desk."""
    asking = Step(APPROVE, "Contrôler", ("desk:dgs",), to_refuse=("cause",))
    book = with_circuit(either_app, THREE[0], asking, THREE[1])
    cause = {"key": "cause", "label": "Cause", "kind": "text", "required_at": []}
    keeper = book.actor("keeper")
    typology.change_subtype(book.subtype_id, actor=keeper, metadata_fields=[cause])
    folder = book.deposit(metadata={"cause": "aucune"})
    book.approve(folder, "juridique")
    dgs, author = book.actor("dgs"), book.actor("assemblees")
    task = book.tasks(folder)["dgs"]
    refusal = acts.refuse(task, actor=dgs, reason="Faux", metadata={"cause": "forme"})
    book.settle()
    assert folder_of(folder).details["metadata"] == {"cause": "forme"}
    with pytest.raises(Forbidden):
        acts.undo(refusal, actor=book.actor("juridique"))
    undone = acts.undo(refusal, actor=dgs)
    book.settle()
    row = folder_of(folder)
    assert (row.state, row.refused_for, row.round) == ("in_progress", "", 1)
    assert row.details["metadata"] == {"cause": "aucune"}
    page = reading.FolderPage(row, dgs)
    assert page.restored(act_of(undone)) == [("Cause", "aucune")]
    assert set(book.tasks(folder)) == {"dgs"}  # neither its author's, nor the first step's
    assert [one.state for one in page.course] == [
        "done",
        "done",
        "now",
        "to_come",
        "to_come",
    ]
    with pytest.raises(ActRefused, match="trop tard"):
        acts.undo(refusal, actor=dgs)
    acts.refuse(
        book.tasks(folder)["dgs"], actor=dgs, reason="Faux", metadata={"cause": "x"}
    )
    book.settle()
    with pytest.raises(ActRefused, match="pourquoi"):
        acts.resume(folder, actor=author, answer=" ")
    with pytest.raises(Forbidden):
        acts.resume(folder, actor=book.actor("juridique"), answer="C’est juste.")
    acts.resume(folder, actor=author, answer="C’est juste : voir l’annexe.")
    book.settle()
    assert set(book.tasks(folder)) == {"dgs"}
    acts.send_back(book.tasks(folder)["dgs"], actor=dgs, reason="Relisez")
    book.approve(folder, "juridique")
    book.approve(folder, "dgs")
    book.sign(folder, "presidence")
    row = folder_of(folder)
    assert (row.state, row.round) == ("finished", 1)
    assert kinds(folder)[:9] == [
        "deposited", "approved", "refused", "undone", "refused", "resumed", "returned",
        "approved", "approved",
    ]  # fmt: skip
    assert journal_check.verify() == []


def test_a_refusal_that_has_gone_further_is_not_taken_back(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    author, juridique = book.actor("assemblees"), book.actor("juridique")
    told = book.deposit(origin="api:abcd", external_id="D-1")
    refusal = book.refuse(told, "juridique")
    with pytest.raises(ActRefused, match="L’application"):
        acts.undo(refusal, actor=juridique)
    acts.resume(told, actor=author, answer="C’est juste.")
    book.settle()
    assert set(book.tasks(told)) == {"juridique"}
    given_up, changed = book.deposit(), book.deposit()
    refusal = book.refuse(given_up, "juridique")
    acts.abandon(book.tasks(given_up)["assemblees"], actor=author)
    with pytest.raises(ActRefused, match="trop tard"):
        acts.undo(refusal, actor=juridique)
    refusal = book.refuse(changed, "juridique")
    key = db.session.get_one(FolderSubtype, book.subtype_id).circuit
    keeper = book.actor("keeper")
    publish_circuit(book.body, "Circuit d’essai", THREE[1:], actor=keeper, key=key)
    for take in (
        lambda: acts.undo(refusal, actor=juridique),
        lambda: acts.resume(changed, actor=author, answer="C’est juste."),
    ):
        with pytest.raises(ActRefused, match="Le circuit a changé"):
            take()
    typology.close_desk(book.desks["presidence"], actor=keeper)
    with pytest.raises(ActRefused, match="n’est pas prêt"):  # the gate of any deposit
        acts.correct(book.tasks(changed)["assemblees"], actor=author)


def test_what_replaces_a_signed_file_bears_no_signature(app: Flask) -> None:
    book = with_circuit(
        app,
        Step(SIGN, "Signer", ("desk:presidence",)),
        Step(APPROVE, "Viser", ("desk:dgs",)),
    )
    folder = book.deposit()
    (one,) = files.current(folder)
    book.sign(folder, "presidence")
    assert len(signatures.borne([one.file.id])[one.file.id]) == 1
    book.refuse(folder, "dgs")
    acts.correct(
        book.tasks(folder)["assemblees"], actor=book.actor("assemblees"),
        replaced={one.file.id: book.file("acte.pdf", b"%PDF-1.4 corrige")},
    )  # fmt: skip
    assert signatures.borne([one.file.id]) == {}
    assert [v.withdrawn_at is None for v in files.versions(one.file.id)] == [
        False,
        False,
        True,
    ]


def test_an_opinion_is_asked_and_given(app: Flask) -> None:
    book = with_circuit(app, *THREE[:1])
    folder = book.deposit()
    task = book.tasks(folder)["juridique"]
    assert not allowed(book.actor("presidence"), "see", folder_of(folder))
    opinion = acts.ask_opinion(
        task,
        "desk:presidence",
        actor=book.actor("juridique"),
        question="Qu’en pensez-vous ?",
    )
    assert allowed(book.actor("presidence"), "see", folder_of(folder))
    with pytest.raises(ActRefused, match="déjà demandé"):
        acts.ask_opinion(task, "desk:presidence", actor=book.actor("juridique"))
    assert [one.id for one in lists.opinions(book.actor("presidence"))] == [opinion]
    with pytest.raises(Forbidden):
        acts.give_opinion(opinion, actor=book.actor("dgs"), answer="Oui")
    acts.give_opinion(
        opinion, actor=book.actor("presidence"), answer="Oui", favourable=True
    )
    assert db.session.get_one(SecondOpinion, opinion).favourable is True
    assert set(book.tasks(folder)) == {"juridique"}, "it moves nothing"


def test_a_step_of_opinion_stops_nothing(app: Flask) -> None:
    book = with_circuit(
        app, Step(OPINION, "Avis", ("desk:dgs",)), Step(APPROVE, desks=("desk:juridique",))
    )
    folder = book.deposit()
    task = book.tasks(folder)["dgs"]
    with pytest.raises(ActRefused, match="Un avis ne refuse pas"):
        acts.refuse(task, actor=book.actor("dgs"), reason="Non")
    acts.advise(task, actor=book.actor("dgs"), favourable=False, note="Réserves")
    assert set(book.tasks(folder)) == {"juridique"}


def test_mandatory_fields_are_named(app: Flask) -> None:
    book = with_circuit(app, *THREE[:1])
    field = {
        "key": "montant",
        "label": "Montant",
        "kind": "number",
        "required_at": ["approval"],
    }
    motive = {"key": "cause", "label": "Cause", "kind": "choice", "values": ["fond", "forme"],
              "required_at": ["refusal"]}  # fmt: skip
    key = book.circuit("Avec données", *THREE[:1])
    subtype = book.subtype("donnees", circuit=key, metadata_fields=[field, motive])
    folder = book.deposit(subtype_id=subtype)
    task, juridique = book.tasks(folder)["juridique"], book.actor("juridique")
    with pytest.raises(ActRefused) as refused:
        acts.approve(task, actor=juridique)
    assert refused.value.errors == {"metadata.montant": "Montant : à remplir."}
    with pytest.raises(ActRefused) as refused:
        acts.refuse(task, actor=juridique, reason="Non", metadata={"cause": "autre"})
    assert "metadata.cause" in refused.value.errors
    acts.approve(task, actor=juridique, metadata={"montant": "12,50"})
    assert folder_of(folder).details["metadata"] == {"montant": "12,50"}


def test_a_step_asks_for_what_the_others_do_not(app: Flask) -> None:
    """Its own keys; never one that the subtype lacks. The proofs say who filled them in."""
    asking = Step(
        APPROVE, "Viser", ("desk:juridique",),
        to_approve=("cote", "inconnue"), to_refuse=("cause",),
    )  # fmt: skip
    book = with_circuit(app, asking, Step(SIGN, desks=("desk:dgs",), to_approve=("fin",)))
    named = {"cote": "Cote", "cause": "Cause", "fin": "Avis final"}
    fields = [
        {"key": key, "label": label, "kind": "text", "required_at": []}
        for key, label in named.items()
    ]
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), metadata_fields=fields
    )
    folder, actor = book.deposit(), book.actor("juridique")
    task = book.tasks(folder)["juridique"]
    with pytest.raises(ActRefused) as refused:
        acts.refuse(task, actor=actor, reason="Non")
    assert refused.value.errors == {"metadata.cause": "Cause : à remplir."}
    with pytest.raises(ActRefused) as refused:
        acts.approve(task, actor=actor)
    assert refused.value.errors == {"metadata.cote": "Cote : à remplir."}
    book.approve(folder, "juridique", metadata={"cote": "B 12"})
    signer, lot = book.actor("dgs"), uuid4()
    chosen = [book.tasks(folder)["dgs"]]
    demo = {"id": "demo", "kind": "demo", "quality": "demo"}
    gathering.open_lot(lot, chosen, signer=demo, actor=signer)
    item = db.session.get_one(SigningItem, (lot, 1))
    assert (item.result, item.note) == (
        "refused",
        "À remplir d’abord : « Avis final ». Ouvrez ce dossier pour le signer.",
    )
    book.sign(folder, "dgs", metadata={"fin": "Oui"})
    proofs = gather(folder)
    told = [row for row in record(proofs)["sections"][1]["tables"][0]["rows"]]
    remarks = {row[2]: (row[3], row[4]) for row in told if row[4]}
    assert remarks["Viser"] == ("Direction juridique, Direction juridique", "Cote : B 12")
    assert remarks["Signer"][1] == "Avis final : Oui"
    assert "<eventDetail>Cote : B 12</eventDetail>" in premis.write(proofs)


def test_a_task_of_the_book_is_done_nowhere_else(app: Flask) -> None:
    book = with_circuit(app, *THREE[:1])
    folder = book.deposit()
    task = book.tasks(folder)["juridique"]
    with pytest.raises(DoneElsewhere):
        tasks.complete(task, {}, actor=book.actor("juridique"))
    row = db.session.get_one(UserTask, task)
    assert not allowed(book.office.head, "assign", row), "no head of service directs a desk"
    assert not allowed(book.office.head, "see", row)


def lend(book: Book, **more: Any) -> Any:
    """The president lends their desk to the head of the administration."""
    now = clock.now()
    return absences.declare(
        book.people["presidence"], book.people["dgs"], book.body,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=9),
        actor=book.actor("presidence"), **more,
    )  # fmt: skip


def test_a_delegate_signs_and_it_is_said(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    lend(
        book, kind="delegation", signs=True, delegation="arrêté n° 2026-12",
        keys=["parapheur.deliberations.ordinaire"],
    )  # fmt: skip
    folder = book.deposit()
    book.approve(folder, "juridique")
    deputy = actor_for(book.people["dgs"])
    task = db.session.get_one(UserTask, book.tasks(folder)["presidence"])
    said = "par délégation de Présidence, Présidente, arrêté n° 2026-12"
    assert acts.mention(deputy, task) == said
    act = act_of(book.sign(folder, "presidence", by="dgs"))
    assert (act.mention, act.on_behalf_of) == (said, book.people["presidence"])


def test_a_deputy_has_only_what_they_were_lent(app: Flask) -> None:
    book = with_circuit(app, *THREE[:1])
    lend(book, keys=["parapheur.deliberations.autre"])
    key = book.circuit("À la présidence", Step(APPROVE, desks=("desk:presidence",)))
    folder = book.deposit(subtype_id=book.subtype("secret", circuit=key))
    other = book.deposit(subtype_id=book.subtype("autre", circuit=key))
    deputy = actor_for(book.people["dgs"])
    assert not allowed(deputy, "see", folder_of(folder))
    assert allowed(deputy, "see", folder_of(other))
    with pytest.raises(Forbidden):
        acts.approve(book.tasks(folder)["presidence"], actor=deputy)
    lent = next(m for m in lists.desks(deputy) if m.lent)
    assert list(db.session.scalars(lists.folders(lent.role))) == [other]
    act = act_of(book.approve(other, "presidence", by="dgs"))
    assert act.mention == "en l’absence de Présidence, Présidente"


def test_a_partner_that_holds_a_folder_up_is_gone_past(app: Flask) -> None:
    book = with_circuit(app, Step(SEAL, "Cacheter"), Step(APPROVE, desks=("desk:dgs",)))
    typology.change_subtype(book.subtype_id, actor=book.actor("keeper"), seal="perdu")
    folder = book.deposit()
    assert book.tasks(folder) == {}, "that seal is not there: it waits"
    with pytest.raises(Forbidden):
        acts.bypass(folder, actor=book.actor("dgs"), reason="Panne")
    with pytest.raises(ActRefused):
        acts.bypass(folder, actor=book.actor("keeper"), reason="")
    acts.bypass(folder, actor=book.actor("keeper"), reason="Panne du cachet")
    book.settle()
    assert set(book.tasks(folder)) == {"dgs"}


def test_remarks_are_for_all_or_for_one_s_desk(app: Flask) -> None:
    book = with_circuit(app, *THREE)
    folder = book.deposit()
    (one,) = files.current(folder)
    place = {"page": 1, "x": 0.5, "y": 0.5}
    mine, other = book.actor("juridique"), book.actor("dgs")
    acts.annotate(one.file.id, actor=mine, text="Pour tous", **place)
    secret = acts.annotate(
        one.file.id, actor=mine, text="Entre nous", private=True, **place
    )

    def read_by(actor: Actor) -> list[str]:
        row = db.session.get_one(Folder, folder)
        found = papers.remarks_on(one.file.id, range(1, 2), actor, row)
        return sorted(a.text for a in found[1])

    assert read_by(mine) == ["Entre nous", "Pour tous"]
    assert read_by(other) == ["Pour tous"]
    with pytest.raises(ActRefused, match="page"):
        acts.annotate(one.file.id, actor=mine, page=1, x=1.5, y=0.1, text="Dehors")
    with pytest.raises(Forbidden):
        acts.annotate(one.file.id, actor=book.office.officer, text="Non", **place)
    with pytest.raises(Forbidden):
        acts.remove_annotation(secret, actor=other)
    acts.remove_annotation(secret, actor=mine)
    acts.mark_read(folder, actor=mine)
    assert reading.unread([folder], mine) == set()
    assert reading.unread([folder], other) == {folder}


def test_a_timestamp_that_failed_is_tried_again_the_day_after(app: Flask) -> None:
    book = with_circuit(app, THREE[1])
    folder = book.deposit()
    signed = [book.signed(one) for one in files.to_sign(folder)]
    acts.sign(book.tasks(folder)["presidence"], signed, actor=book.actor("presidence"))
    acts.bypass(folder, actor=book.actor("keeper"), reason="Horodatage en panne")
    book.settle()
    assert folder_of(folder).state == "finished"
    case = db.session.get_one(ProcessInstance, folder)
    assert case.status == "active"
    waiting = db.session.scalars(select(Timer).where(Timer.instance_id == folder)).one()
    assert waiting.element_id == "tomorrow"


def test_a_desk_is_told_again(app: Flask) -> None:
    book = with_circuit(app, Step(APPROVE, desks=("desk:dgs",), reminder_days=2))
    book.deposit()
    clock.advance(timedelta(days=2, minutes=1))
    book.settle()
    told = db.session.scalars(select(Notice.person_id)).all()
    assert told == [book.people["dgs"]]


def test_who_else_sees_a_folder(app: Flask) -> None:
    book = with_circuit(app, *THREE[:1])
    key = book.circuit("Un visa", *THREE[:1])
    typology.change_desk(
        book.desks["juridique"], actor=book.actor("keeper"), name="Juridique", title="",
        parent_id=book.desks["dgs"],
    )  # fmt: skip
    for visibility, seen in (
        ("confidential", set()),
        ("service", {"dgs"}),
        ("public", {"dgs", "presidence"}),
    ):
        subtype = book.subtype(visibility, circuit=key, visibility=visibility)
        folder = folder_of(book.deposit(subtype_id=subtype))
        others = {d for d in ("dgs", "presidence") if allowed(book.actor(d), "see", folder)}
        assert others == seen, visibility
        assert not allowed(book.office.department_officer, "see", folder)


def test_the_state_answers_and_its_refusal_goes_back_to_the_author(app: Flask) -> None:
    book = with_circuit(app, *THREE[:1])
    answering = """
    <bpmn:process id="legality.transmission" name="Essai" isExecutable="true">
      <bpmn:startEvent id="started"/>
      <bpmn:scriptTask id="answer"><bpmn:script>{transmission: if act.number = "OK"
        then {status: "acknowledged", unique_id: "021-26"}
        else {status: "refused", reasons: ["Nature inconnue"]}}</bpmn:script></bpmn:scriptTask>
      <bpmn:endEvent id="ended"/>
      <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="answer"/>
      <bpmn:sequenceFlow id="b" sourceRef="answer" targetRef="ended"/>
    </bpmn:process>"""
    publish("legality.transmission", answering, owner=book.body)
    typology.change_type(book.type_id, actor=book.actor("keeper"), protocol="actes")
    db.session.get_one(Organisation, book.body).siren = "200053726"
    db.session.commit()
    key = book.circuit("Transmis", Step(TRANSMISSION, "Transmettre"))
    subtype = book.subtype("transmis", circuit=key)
    good = book.deposit(subtype_id=subtype, act={"number": "OK"})
    bad = book.deposit(subtype_id=subtype, act={"number": "KO"})
    assert kinds(good) == ["deposited", "acknowledged", "proven", "finished"]
    assert (folder_of(bad).state, folder_of(bad).refused_for) == (
        "refused",
        "Nature inconnue",
    )
    assert set(book.tasks(bad)) == {"assemblees"}
