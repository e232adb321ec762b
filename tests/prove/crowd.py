"""An office at real size: one case is played through the commands, its rows are multiplied.

    office = open_crowd()                    # a body, its agents, a procedure, one real case
    multiply(office, 100_000)                # a million open tasks, a million timers

This is the only place that writes the office's rows otherwise than by the commands. Each copy
gets its own ids, number, title, values, dates and agents, everywhere they stand: in the
columns, in the history, in the saved state and in the journal, whose chain is made anew. So
every copy is alive: a command takes it further, and `journal_check.verify` finds nothing.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import JSON, Connection, LargeBinary, Table, select

from engine import clock, journal
from engine.columns import Base
from engine.commands import cases, people, tasks
from engine.directory import Organisation, Person
from engine.following import CaseFollower
from engine.journal import JournalEntry
from engine.models import ProcessDefinition, ProcessInstance, UserTask, db
from engine.notices import Notice
from engine.variables import TITLE, CaseVariable
from engine.words import SPOKEN, words
from tests.office import Office, open_office, open_tasks, publish

BRANCHES = 10
"""Open tasks of a case, and timers."""

CLAIMED = 3
SPREAD = timedelta(days=300)
"""Over how long the cases were started, the last one now."""

CASES_PER_AGENT = 100
FEWEST_AGENTS = 4
"""So that the smallest office too has a colleague's tasks to show."""

CHUNK = 1000
SEARCHABLE = (
    "siret (SIRET), company (Entreprise), commune (Commune), amount (Montant demandé), "
    "starts_on (Début des travaux)"
)
# What stands in the played case where each copy has a value of its own.
SIRET, COMPANY, COMMUNE = "90000000000001", "entreprise temoin", "commune temoin"
AMOUNT, STARTS = 76543210, "2031-05-17"
INSTANCE, ENTRY = ProcessInstance.__table__, JournalEntry.__table__
FOLLOWER, NOTICE = CaseFollower.__table__, Notice.__table__
FIXED = (Organisation, Person, ProcessDefinition)
"""What the copies share."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00|\b1[789]\d{8}\.\d+")
_TRADES = ("menuiserie", "fromagerie", "scierie", "poterie", "imprimerie", "carrosserie")
_PLACES = ("morvan", "auxois", "charolais", "bresse", "puisaye", "senonais", "chablis")

ROLES = ["case_officer"] * 6 + ["head_of_service"] * 2 + ["cofunder", "applicant"]


@dataclass(frozen=True)
class Crowd:
    """The office, its procedure, and the case that was played."""

    office: Office
    definition_id: UUID
    case_id: UUID


def open_crowd() -> Crowd:
    """Open an office and play one case as far as its ten open tasks; three are claimed."""
    office = open_office()
    people.grant(office.officer.person_id, office.department, "cofunder")
    definition_id = publish("crowd.request", diagram(), owner=office.region)
    values = {
        "siret": SIRET, "company": COMPANY, "commune": COMMUNE, "amount": AMOUNT,
        "starts_on": STARTS,
    }  # fmt: skip
    case = cases.start(
        definition_id, values, actor=office.applicant, applicant_id=office.company
    )
    review = open_tasks(case.id)["review"]
    tasks.complete(review, {"verdict": "recevable"}, actor=office.second_officer)
    opened = open_tasks(case.id)
    for number in range(CLAIMED):
        tasks.claim(opened[f"task_{number}"], actor=office.second_officer)
    return Crowd(office, definition_id, case.id)


def diagram() -> str:
    """A review, then ten tasks at once, each with a deadline of its own."""
    numbers = range(BRANCHES)
    flows = [("filed", "review"), ("review", "fork"), ("join", "done")]
    flows += [
        pair for n in numbers for pair in (("fork", f"task_{n}"), (f"task_{n}", "join"))
    ]
    flows += [(f"late_{n}", f"over_{n}") for n in numbers]
    return f"""
<bpmn:process id="crowd.request" name="Demande" isExecutable="true">
  {_properties(searchable=SEARCHABLE, title='company + " – travaux à " + commune')}
  <bpmn:startEvent id="filed" name="Déposée"/>
  {_task("review", "case_officer", "P5D")}
  <bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>
  {"".join(_task(f"task_{n}", ROLES[n], f"P{7 * n + 10}D") for n in numbers)}
  {"".join(_deadline(n) for n in numbers)}
  <bpmn:endEvent id="done"/>
  {"".join(f'<bpmn:endEvent id="over_{n}"/>' for n in numbers)}
  {"".join(f'<bpmn:sequenceFlow id="{a}__{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in flows)}
</bpmn:process>"""


def _properties(**values: str) -> str:
    rows = "".join(
        f"<spiffworkflow:property name='ebg:{name}' value='{value}'/>"
        for name, value in values.items()
    )
    return f"""<bpmn:extensionElements><spiffworkflow:properties>{rows}
      </spiffworkflow:properties></bpmn:extensionElements>"""


def _task(name: str, role: str, delay: str) -> str:
    more = {"organisation": '"DEP-21"'} if role == "cofunder" else {}
    due = f'now() + duration("{delay}")'
    label = name.replace("_", " ").capitalize()
    return f"""<bpmn:userTask id="{name}" name="{label}">
      {_properties(role=role, due=due, **more)}</bpmn:userTask>"""


def _deadline(number: int) -> str:
    days = SPREAD.days + 10 * number + 1
    return f"""<bpmn:boundaryEvent id="late_{number}" attachedToRef="task_{number}">
      <bpmn:timerEventDefinition id="timer_{number}"><bpmn:timeDuration
        xsi:type="bpmn:tFormalExpression">P{days}D</bpmn:timeDuration>
      </bpmn:timerEventDefinition></bpmn:boundaryEvent>"""


def multiply(crowd: Crowd, total: int, *, seed: int = 1) -> None:
    """Write `total` copies of the played case, the oldest first, and analyse the tables."""
    agents = _agents(crowd, max(FEWEST_AGENTS, total // CASES_PER_AGENT))
    template = _Template(crowd)
    dice = random.Random(seed)
    with db.engine.begin() as connection:
        write = _writer(connection)
        for first in range(0, total, CHUNK):
            rows = {table: list[Any]() for table in template.tables}
            for number in range(first, min(first + CHUNK, total)):
                age = SPREAD * (total - number) / total
                template.copy(rows, number, age, agents[number % len(agents)], dice)
            for table, several in rows.items():
                write(table, [c.name for c in table.columns], several)
    db.session.rollback()  # it would go on seeing an office with one case
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # as its autovacuum does in a while
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            outside.exec_driver_sql("VACUUM ANALYZE")


def _agents(crowd: Crowd, number: int) -> list[UUID]:
    """Those who claim: the officer whose inbox is measured, and as many as it takes."""
    others = [
        {"id": uuid4(), "email": f"agent{n}@bourgogne.example", "name": f"Agent {n}"}
        for n in range(1, number)
    ]
    with db.engine.begin() as connection:
        if others:
            moment = {"created_at": clock.now()}
            connection.execute(Person.__table__.insert(), [o | moment for o in others])
    return [crowd.office.officer.person_id, *(o["id"] for o in others)]


def _writer(connection: Connection) -> Callable[[Table, list[str], list[Any]], None]:
    """How rows are written in bulk: COPY, or many values at once."""
    if connection.dialect.name == "sqlite":
        return lambda table, names, rows: connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({_quoted(names)}) "
            f"VALUES ({', '.join('?' * len(names))})",
            list(map(tuple, rows)),
        )
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")

    def copy(table: Table, names: list[str], rows: list[Any]) -> None:
        with (
            connection.connection.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({_quoted(names)}) FROM STDIN") as sent,
        ):
            for row in rows:
                sent.write_row(row)

    return copy


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


class _Template:
    """The rows of the played case, cut where something changes from copy to copy.

    What changes is a token; a copy is a text for each token, and every cell is made of
    texts, which both drivers take for any type.
    """

    def __init__(self, crowd: Crowd) -> None:
        self.case = db.session.get_one(ProcessInstance, crowd.case_id)
        self.claimer = crowd.office.second_officer.person_id
        self.dashes = db.engine.dialect.name != "sqlite"
        read = list(self._read())
        told = str(read)
        fixed = {str(i) for row in FIXED for i in db.session.scalars(select(row.id))}
        self.ids = [i for i in dict.fromkeys(_UUID.findall(told)) if i not in fixed]
        self.times = list(dict.fromkeys(_TIME.findall(told)))
        self.state = hashlib.sha256(self.case.state).hexdigest()
        marks = [*self.ids, *self.times, SIRET, COMPANY, COMMUNE, str(AMOUNT), STARTS]
        marks += [self.case.number, self.state]
        self.mark = re.compile("(" + "|".join(map(re.escape, marks)) + ")")
        self.moments = dict.fromkeys(
            v for _, row in read for v in row.values() if isinstance(v, datetime)
        )
        self.rows = [_Row(table, row, self) for table, row in read]
        self.tables = list(dict.fromkeys(row.table for row in self.rows))

    def copy(
        self,
        rows: dict[Table, list[Any]],
        number: int,
        age: timedelta,
        agent: UUID,
        dice: random.Random,
    ) -> None:
        """Add one more case, `age` old, whose claimed tasks are that agent's."""
        texts = self._texts(number, age, agent, dice)
        case, *others = self.rows
        instance = case.made({**texts, self.state: ""})
        texts[self.state] = hashlib.sha256(instance[case.place["state"]]).hexdigest()
        instance[case.place["digest"]] = texts[self.state]
        for row in others:
            rows[row.table].append(row.made(texts))
        instance[case.place["journal_head"]] = texts["head"]
        rows[INSTANCE].append(instance)
        of_case = texts["id:" + str(self.case.id)]
        for word in dict.fromkeys(words(texts["title"])):
            cells = {"instance_id": of_case, "name": TITLE, "text": word}
            for name in ("organisation_id", "started_at"):
                cells[name] = instance[case.place[name]]
            names = [c.name for c in CaseVariable.__table__.columns]
            rows[CaseVariable.__table__].append([cells.get(name) for name in names])

    def _texts(
        self, number: int, age: timedelta, agent: UUID, dice: random.Random
    ) -> dict[str, str]:
        """What stands in this copy instead of each token; `id:` and `at:` in columns."""
        company = f"{dice.choice(_TRADES)} {dice.choice(_PLACES)} {number // 4}"
        commune = f"commune {dice.randrange(200)}"
        drawn = "".join(dice.choices(SPOKEN, k=8))
        case = f"26-{drawn[:4]}-{drawn[4:]}"
        texts = {
            self.case.number: case,
            SIRET: f"{10_000_000_000_000 + number // 4}",
            COMPANY: company,
            COMMUNE: commune,
            str(AMOUNT): str(dice.randrange(1_000, 500_000)),
            STARTS: f"2031-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}",
            "title": f"{case} {company} – travaux à {commune}",
            "agent": self._column(str(agent)),
            "head": "",
        }
        zone = "+00" if self.dashes else ""
        texts["at:starts"] = f"{texts[STARTS]} 00:00:00.000000{zone}"
        for old in self.ids:
            new = f"{dice.getrandbits(128):032x}"
            texts[old] = f"{new[:8]}-{new[8:12]}-4{new[13:16]}-a{new[17:20]}-{new[20:]}"
            texts["id:" + old] = self._column(texts[old])
        seconds = age.total_seconds()
        for time in self.times:
            iso = time[4] == "-"
            texts[time] = (
                (datetime.fromisoformat(time) - age).isoformat()
                if iso
                else repr(round(float(time) - seconds, 6))
            )
        for moment in self.moments:
            plain = (moment - age).replace(tzinfo=None)
            texts[f"at:{moment}"] = plain.isoformat(" ", "microseconds") + zone
        return texts

    def _column(self, text: str) -> str:
        return text if self.dashes else text.replace("-", "")

    def _read(self) -> Iterator[tuple[Table, dict[str, Any]]]:
        """Every row of the case, parents first; its words aside, since each has its own."""
        tables = [INSTANCE, *(t for t in Base.metadata.sorted_tables if t is not INSTANCE)]
        for table in tables:
            if table is INSTANCE:
                mine = table.c.id == self.case.id
            elif table is ENTRY:
                mine = table.c.chain == f"case:{self.case.id}"
            elif "instance_id" in table.c:
                mine = table.c.instance_id == self.case.id
            else:
                continue
            if table is FOLLOWER:  # the others may be one of the agents
                mine = mine & (table.c.person_id == self.claimer)
            order = table.primary_key.columns
            for row in db.session.execute(select(table).where(mine).order_by(*order)):
                if getattr(row, "name", "") != TITLE:
                    yield table, dict(row._mapping)

    def cut(self, value: Any) -> tuple[str, list[str]] | None:
        """The tokens in a value and the pattern they fill; None when nothing changes."""
        match value:
            case UUID():
                return ("%s", ["id:" + str(value)]) if str(value) in self.ids else None
            case datetime() if value.year == int(STARTS[:4]):
                return "%s", ["at:starts"]
            case datetime():
                return "%s", [f"at:{value}"]
            case float() if value == AMOUNT:
                return "%s", [str(AMOUNT)]
            case bytes():
                value = value.decode()
        pieces = self.mark.split(value) if isinstance(value, str) else []
        if len(pieces) < 2:
            return None
        pieces[::2] = [piece.replace("%", "%%") for piece in pieces[::2]]
        return "%s".join(pieces[::2]), pieces[1::2]


class _Row:
    """One row: what is the same in every copy is bound once."""

    def __init__(self, table: Table, row: dict[str, Any], template: _Template) -> None:
        self.table, self.template = table, template
        self.same, self.changing = list[Any](), list[Any]()
        self.place = {column.name: n for n, column in enumerate(table.columns)}
        by = {"actor_id": row.get("action"), "assignee_id": row.get("status")}
        for place, column in enumerate(table.columns):
            value = row[column.name]
            if isinstance(column.type, JSON) and value is not None:
                value = orjson.dumps(value).decode()
            cut = template.cut(value)
            follows = table in {FOLLOWER, NOTICE} and column.name == "person_id"
            claims = by.get(column.name) in {"task_claimed", "open"}
            if value == template.claimer and (follows or claims):
                cut = "%s", ["agent"]
            self.same.append(_bound(column, value))
            if cut is not None:
                pattern, tokens = cut
                self.changing.append((place, pattern, itemgetter(*tokens)))

    def made(self, texts: dict[str, str]) -> list[Any]:
        """The row as it is in one copy."""
        cells = self.same.copy()
        for place, pattern, tokens in self.changing:
            cells[place] = pattern % tokens(texts)
        if self.table is ENTRY:
            self._chain(cells, texts)
        if self.table is INSTANCE:
            cells[self.place["state"]] = cells[self.place["state"]].encode()
        return cells

    def _chain(self, cells: list[Any], texts: dict[str, str]) -> None:
        """Link a journal entry to the one before it."""
        entry = {name: cells[place] for name, place in self.place.items()}
        actor = entry["actor_id"]
        entry |= {
            "at": datetime.fromisoformat(entry["at"]).replace(tzinfo=UTC),
            "actor_id": UUID(actor) if isinstance(actor, str) else actor,
            "detail": orjson.loads(entry["detail"]),
            "simulated": bool(entry["simulated"]),
            "previous": texts["head"],
        }
        entry["detail_digest"] = journal.seal(entry["detail"], entry["salt"])
        cells[self.place["detail_digest"]] = entry["detail_digest"]
        cells[self.place["previous"]] = texts["head"]
        texts["head"] = journal.digest_of(entry)
        cells[self.place["digest"]] = texts["head"]


def _bound(column: Any, value: Any) -> Any:
    """A value as the driver takes it; JSON is text already."""
    dialect = db.engine.dialect
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return (
        value
        if bind is None or isinstance(column.type, JSON | LargeBinary)
        else bind(value)
    )


def one_task(case_id: UUID, element: str) -> UUID:
    """The open task of a case at an element."""
    return db.session.scalars(
        select(UserTask.id).where(
            UserTask.instance_id == case_id,
            UserTask.element_id == element,
            UserTask.status == "open",
        )
    ).one()
