"""One case, lived to its end by the people of a story of `scenarios.json`, over HTTP.

Nothing is assumed of a form whose answer was lost: the person opens the page again and
does what is still to be done.
"""

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fpdf import FPDF
from lxml import etree

from forms import Form
from forms.typed import typed
from tests.prove.pages import UUID, Page, PostForm
from tests.prove.people import Person, Stuck
from workflows import publication, scenarios

PROCEDURE = "grants.investment_aid"
BEGIN = f"/demarches/{PROCEDURE}/demande"
CLOSED = "le dossier est clos"
FILES = (
    "expenses.0.quote", "expenses.1.quote",
    "files.bank_details", "files.tax_returns", "files.bank_agreement",
)  # fmt: skip
STORIES = (
    "Une aide accordée",
    "Le chef de service refuse",
    "Le chef de service renvoie le dossier, puis approuve",
    "Des travaux commencés trop tôt",
)
MOST_COMPLAINTS = 25
"""How often one page may be sent back: a file the antivirus could not check is one."""


@dataclass
class Life:
    """A case with those who live it; `acts` counts what is behind them."""

    number: int
    story: str
    cast: Mapping[str, Person]
    changes: Mapping[str, Any]
    pause: float
    acts: int = 0
    case: str = ""
    ended: bool = False
    trouble: str = ""
    done: set[str] = field(default_factory=set)

    @property
    def title(self) -> str:
        """The project's title, by which one recognises the case."""
        return f"Projet {self.number:03d} dans la tempête"

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        return [step for step in _told()["stories"][self.story] if "task" in step]

    @property
    def outcome(self) -> str:
        return _told()["stories"][self.story][-1]["end"]

    @property
    def all_acts(self) -> int:
        """Draft, pages, filing, tasks, end."""
        return len(_form("application").pages) + len(self.steps) + 3

    def live(self) -> None:
        """From the first page to the end; what went wrong is kept in `trouble`."""
        try:
            draft = self._begin()
            self._fill(draft)
            self.case = self._file(draft)
            self.acts += 1
            for step in self.steps:
                self._do(step)
                self.acts += 1
            self._see_the_end()
            self.acts = self.all_acts
            self.ended = True
        except Exception as error:  # told at the end, whatever it is
            self.trouble = f"{type(error).__name__} : {error}"

    def close(self) -> None:
        """Everybody goes home."""
        for person in self.cast.values():
            person.close()

    def _begin(self) -> str:
        """Open a draft; one person opens one at a time, so as to know which is which."""
        applicant = self.cast["applicant"]
        with applicant.desk:
            while True:
                listed = set(_ids(applicant.read("/demandes/").links("/brouillons/")))
                if begun := listed - applicant.drafts:
                    applicant.drafts |= begun
                    self.acts += 1
                    return begun.pop()
                token = applicant.read(BEGIN).token()
                applicant.send(BEGIN, {"csrf_token": [token]})

    def _fill(self, draft: str) -> None:
        applicant = self.cast["applicant"]
        start = _told()["stories"][self.story][0].get("with", {})
        changes = {**start, **self.changes, "project.title": self.title}
        values = scenarios.replaced(_told()["values"]["application"], changes)
        answers = _answers("application", scenarios.resolved(values))
        address, complaints = f"/brouillons/{draft}/1", 0
        while not address.endswith("/recapitulatif"):
            form = applicant.read(address).form("/brouillons/.*/[0-9]+$")
            answer = self._send(applicant, form, answers)
            if answer is not None and answer.status == 422:
                complaints = _one_more(complaints, answer)
            elif answer is not None and answer.path != address:
                address, complaints = answer.path, 0
                self.acts += 1

    def _file(self, draft: str) -> str:
        """File the draft; once it is filed, its last page leads to the case."""
        applicant, recap = self.cast["applicant"], f"/brouillons/{draft}/recapitulatif"
        while True:
            page = applicant.read(recap)
            if page.path.startswith("/demandes/"):
                return _ids([page.path])[0]
            form = page.form(recap)
            if form is None:
                raise Stuck(f"le récapitulatif se plaint : {page.complaints()}")
            applicant.send(recap, form.values)

    def _do(self, step: Mapping[str, Any]) -> None:
        person = self.cast[step["as"]]
        task = self._open_task(person, _names()[step["task"]])
        answers = _answers(_forms()[step["task"]], scenarios.resolved(step["values"]))
        complaints = 0
        while (page := self._still_open(person, task)) is not None:
            answer = self._send(person, page, answers)
            while answer is not None and (following := answer.form(_save(task))):
                if answer.status == 422:
                    complaints = _one_more(complaints, answer)
                    break
                answer = self._send(person, following, answers)
        self.done.add(task)

    def _open_task(self, person: Person, name: str) -> str:
        """The task of this name, waited for on the case's page."""
        while True:
            page = person.read(f"/dossiers/{self.case}", refused=(403, 404))
            for address, text in page.links("/taches/").items():
                task = _ids([address])[0]
                if text.endswith(name) and task not in self.done:
                    return task
            if CLOSED in page.text:
                raise Stuck(f"le dossier est clos sans « {name} »")
            self._wait()

    def _still_open(self, person: Person, task: str) -> PostForm | None:
        """The form of a task, taken in charge first; None once the task is done."""
        while True:
            page = person.read(f"/taches/{task}")
            claim = page.form(f"/taches/{task}/prise-en-charge")
            if claim is None:
                return page.form(_save(task))
            person.send(claim.action, claim.values)

    def _send(
        self, person: Person, form: PostForm, answers: Mapping[str, list[str]]
    ) -> Page | None:
        wanted = FILES if form.action.startswith("/brouillons/") else ()
        files = [
            (name, (f"{name}.pdf", _pdf(f"{self.title}, {name}"), "application/pdf"))
            for name in form.missing(wanted)
        ]
        values = {**form.filled(answers), form.go_on: ["1"]}
        return person.send(form.action, values, files)

    def _see_the_end(self) -> None:
        while CLOSED not in self.cast["case_officer"].read(f"/dossiers/{self.case}").text:
            self._wait()

    def _wait(self) -> None:
        time.sleep(random.uniform(0.5, 1.5) * self.pause)


def _save(task: str) -> str:
    return rf"/taches/{task}(\?page=[0-9]+)?$"


def _ids(addresses: Any) -> list[str]:
    return [found.group() for one in addresses if (found := re.search(UUID, one))]


def _one_more(complaints: int, page: Page) -> int:
    if complaints >= MOST_COMPLAINTS:
        raise Stuck(f"{page.path} se plaint encore : {page.complaints()}")
    return complaints + 1


@cache
def _files() -> dict[str, bytes]:
    return publication.read_folder(publication.folders()[PROCEDURE])


@cache
def _told() -> dict[str, Any]:
    return scenarios.stories(_files())


@cache
def _form(name: str) -> Form:
    return Form.from_json(publication._form(_files(), f"{name}.form.json")[0])


def _answers(form: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Clean values as one types them: field name → texts; files are chosen apart."""
    texts, _ = typed(_form(form).nodes, values, first_rows=False)
    return texts


def _tasks() -> list[Any]:
    return list(etree.fromstring(_files()["process.bpmn"]).iter("{*}userTask"))


@cache
def _names() -> dict[str, str]:
    return {task.get("id"): task.get("name") for task in _tasks()}


@cache
def _forms() -> dict[str, str]:
    """The form of each task."""
    return {
        task.get("id"): one.get("value")
        for task in _tasks()
        for one in task.iter("{*}property")
        if one.get("name") == "ebg:form"
    }


@cache
def _pdf(text: str) -> bytes:
    """A small document, different for each text."""
    paper = FPDF()
    paper.add_page()
    paper.set_font("Helvetica")
    paper.cell(text=text)
    return bytes(paper.output())
