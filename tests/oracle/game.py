"""A token game on BPMN diagrams, written from the standard alone: the judge of the engine.

It imports neither the engine nor SpiffWorkflow, keeps everything in memory and everything that
ever happened, and is slow and plain on purpose. A value carries the number of its writing, so
that where branches meet the last writing of each name is what stands.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.drawing import Box, Sign, entries, holds, read, sign, signs, tag

Data = dict[str, tuple[int, Any]]
SEEN = ("k_", "n_", "w_", "c_", "it", "ot", "si")
SCOPES = ("subProcess", "transaction", "adHocSubProcess", "callActivity")


@dataclass(eq=False)
class Token:
    """A token at an element; `state` says what it waits for."""

    box: Box
    scope: "Scope"
    data: Data
    state: str = "new"
    via: str = ""
    sign: Sign | None = None
    host: "Token | None" = None
    loop: "Token | None" = None
    inner: "Scope | None" = None
    due: int | None = None
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Scope:
    """An open process or sub-process."""

    box: Box
    owner: Token | None
    begun: Data
    tokens: list[Token] = field(default_factory=list)
    ended: list[Token] = field(default_factory=list)
    done: list[tuple[Box, Data, list[Any]]] = field(default_factory=list)
    late: dict[str, set[str]] = field(default_factory=dict)
    turn: int = 0
    enough: bool = False
    over: bool = False


def merge(*many: Data) -> Data:
    found: Data = {}
    for data in many:
        for name, value in data.items():
            if name not in found or found[name][0] < value[0]:
                found[name] = value
    return found


def plain(data: Data) -> dict[str, Any]:
    return {name: value for name, (_, value) in data.items()}


class Game:
    """One case, played by its diagram's tokens."""

    def __init__(self, xml: bytes, key: str, data: dict[str, Any]) -> None:
        self.processes, self.named = read(xml)
        self.writings, self.clock = 0, 0
        self.queue: deque[Token] = deque()
        self.top = self.open(self.processes[key], None, self.written({}, data))
        self.run()

    # What a host sees

    def ready(self) -> list[tuple[str, str, Token]]:
        found = [t for t in self.everywhere() if t.state == "user"]
        return sorted(((t.box.id, shown(t.data), t) for t in found), key=lambda r: r[:2])

    def waiting(self, state: str) -> list[Token]:
        found = [t for t in self.everywhere() if t.state == state]
        key = lambda t: (t.box.id, t.sign.name if t.sign else "", shown(t.data))  # noqa: E731
        return sorted(found, key=key)

    def over(self) -> bool:
        return self.top.over

    def complete(self, token: Token, values: dict[str, Any]) -> None:
        token.data = self.written(token.data, values)
        self.finish(token)
        self.run()

    def happen(self, token: Token) -> None:
        self.occur(token, None)
        self.run()

    def answer(self, token: Token) -> None:
        self.finish(token)
        self.run()

    def refuse(self, token: Token) -> bool:
        caught = self.catcher(token, Sign("error", "boom")) is not None
        self.throw(token, Sign("error", "boom"))
        self.run()
        return caught

    def pass_days(self, days: int) -> None:
        self.clock += days
        while True:
            due = [
                t
                for t in self.everywhere()
                if t.state == "timer" and (t.due or 0) <= self.clock
            ]
            if not due:
                return
            first = min(due, key=lambda t: t.due or 0)
            if first.sign is not None and first.sign.name.startswith("R"):
                left, days_each = first.notes["left"] - 1, first.notes["each"]
                if left:
                    first.due = (first.due or 0) + days_each
                    self.branch(first, None)
                    first.notes["left"] = left
                    self.run()
                    continue
            self.happen(first)

    # Scopes

    def open(self, box: Box, owner: Token | None, data: Data) -> Scope:
        scope = Scope(box, owner, data)
        if owner is not None:
            owner.inner = scope
        for inner in box.boxes:
            if inner.by_event:
                start = next(b for b in inner.boxes if b.kind == "startEvent")
                for one in signs(start, self.named):
                    if one.kind != "compensate":
                        self.wait(
                            Token(inner, scope, data, sign=one, notes={"armed": start})
                        )
        if box.kind == "adHocSubProcess":
            firsts = [
                b
                for b in box.boxes
                if not b.into and b.kind != "boundaryEvent" and not b.by_event
            ]
            for first in firsts[:1] if box.get("ordering") == "Sequential" else firsts:
                self.place(first, scope, data)
        else:
            self.place(next(b for b in box.boxes if b.kind == "startEvent"), scope, data)
        return scope

    def place(self, box: Box, scope: Scope, data: Data, via: str = "") -> Token:
        token = Token(box, scope, data, via=via)
        scope.tokens.append(token)
        self.queue.append(token)
        return token

    def wait(self, token: Token) -> Token:
        """Arm an event: on an edge, of an event sub-process, or in the flow."""
        one = token.sign
        assert one is not None
        token.state = one.kind
        if one.kind == "timer":
            words = one.name.split("/")
            days = int(words[-1].strip("PD"))
            token.due = self.clock + days
            if len(words) > 1:
                token.notes.update(left=int(words[0].strip("R") or 10**9), each=days)
        token.scope.tokens.append(token) if token not in token.scope.tokens else None
        return token

    def everywhere(self) -> list[Token]:
        found, scopes = [], [self.top]
        for scope in scopes:
            found += scope.tokens
            scopes += [t.inner for t in scope.tokens if t.inner is not None]
        return found

    def drop(self, token: Token) -> None:
        """Withdraw a token and everything that hangs on it."""
        if token in token.scope.tokens:
            token.scope.tokens.remove(token)
        token.state = "gone"
        for other in list(token.scope.tokens):
            if token in (other.host, other.loop):
                self.drop(other)
        if token.inner is not None:
            token.inner.over = True
            for other in list(token.inner.tokens):
                self.drop(other)

    def known(self, scope: Scope) -> Data:
        found = [scope.begun]
        for token in [*scope.tokens, *scope.ended]:
            if "armed" in token.notes or (
                token.box.kind == "boundaryEvent" and token.state != "ended"
            ):
                continue
            data = token.data
            if token.inner is not None and not token.inner.over:
                data = merge(data, self.known(token.inner))
            item = token.loop and token.loop.notes.get("item")
            found.append({k: v for k, v in data.items() if k != item})
        return merge(*found)

    # Running

    def run(self) -> None:
        for _ in range(20_000):
            self.watch()
            if self.queue:
                token = self.queue.popleft()
                if token.state == "new":
                    self.enter(token)
            elif not self.settle():
                return
        raise RecursionError

    def watch(self) -> None:
        for token in [t for t in self.everywhere() if t.state == "conditional"]:
            assert token.sign is not None
            now = holds(token.sign.name, plain(self.known(self.top)))
            was, token.notes["held"] = token.notes.get("held", False), now
            if now and not was and token.state == "conditional":
                self.occur(token, None)

    def enter(self, token: Token) -> None:
        box = token.box
        needed = int(box.get("startQuantity", "1"))
        if needed > 1 and "gathered" not in token.notes:
            token.state = "gather"
            return
        if box.kind.endswith("Gateway"):
            self.enter_gateway(token)
        elif box.kind.endswith("Event"):
            self.enter_event(token)
        else:
            for event in box.edge:
                for one in signs(event, self.named):
                    if one.kind != "compensate":
                        self.wait(
                            Token(event, token.scope, token.data, sign=one, host=token)
                        )
            self.begin(token)

    def begin(self, token: Token) -> None:
        loop = next(
            (i for i in token.box.xml if tag(i).endswith("LoopCharacteristics")), None
        )
        if loop is None or token.loop is not None:
            self.perform(token)
        else:
            self.begin_loop(token, loop)

    def perform(self, token: Token) -> None:
        box = token.box
        if box.kind in ("userTask", "manualTask"):
            token.state = "user"
        elif box.kind == "serviceTask":
            token.state = "call"
        elif box.kind == "receiveTask":
            token.sign = signs(box, self.named)[0]
            self.wait(token)
        elif box.kind in SCOPES:
            token.state = "scope"
            inside = (
                self.processes[box.get("calledElement")]
                if box.kind == "callActivity"
                else box
            )
            self.open(inside, token, token.data)
        else:
            if box.kind == "businessRuleTask":
                token.data = self.written(token.data, {"size": 7})
            if box.kind == "scriptTask":
                token.data = self.written(
                    token.data, entries(box.text("script"), plain(token.data))
                )
            self.finish(token)

    def finish(self, token: Token) -> None:
        """An activity or event is done: note it, release its edge, and go on."""
        scope, box = token.scope, token.box
        if token in scope.tokens:
            scope.tokens.remove(token)
        token.state = "done"
        item = token.loop.notes.get("item") if token.loop else None
        kept = {item: token.data[item]} if item in token.data else {}
        inside = token.inner.done if token.inner else []
        undone = any(s.kind == "compensate" for e in box.edge for s in signs(e, self.named))
        if (undone or inside) and "undoing" not in token.notes:
            scope.done.append((box, kept, inside))
        if token.loop is not None:
            self.end_instance(token.loop, token)
            return
        for other in list(scope.tokens):
            if other.host is token:
                self.drop(other)
        if "undoing" in token.notes:
            self.undo(token.notes["undoing"], token.data)
            return
        self.leave(token)

    def leave(self, token: Token) -> None:
        box, taken = token.box, token.box.out
        if any(a.condition for a in box.out) and not box.kind.endswith("Gateway"):
            default = box.get("default")
            held = [
                a for a in box.out if a.condition and holds(a.condition, plain(token.data))
            ]
            taken = [a for a in box.out if not a.condition and a.id != default]
            taken += held or [a for a in box.out if a.id == default]
        self.send(token, taken)

    def send(self, token: Token, arrows: list[Any]) -> None:
        for _ in range(int(token.box.get("completionQuantity", "1"))):
            for arrow in arrows:
                self.place(arrow.target, token.scope, token.data, arrow.id)
            if not arrows:
                token.state = "ended"
                token.scope.ended.append(token)

    # Repetition

    def begin_loop(self, token: Token, loop: Any) -> None:
        token.state, notes = "loop", token.notes
        texts = {tag(i): (i.text or "").strip() for i in loop}
        names = {tag(i): i.get("id") for i in loop if tag(i).endswith("DataItem")}
        notes.update(
            item=names.get("inputDataItem"), output=texts.get("loopDataOutputRef"), given=names.get("outputDataItem"),
            until=texts.get("completionCondition"), again=texts.get("loopCondition"), results={}, done=0,
            most=int(loop.get("loopMaximum", "0")) or 10**6, standard=tag(loop).startswith("standard"),
            in_turn=loop.get("isSequential") == "true", throws=list(self.thrown_by(loop)), behavior=loop.get("behavior", "All"),
        )  # fmt: skip
        if notes["standard"]:
            if loop.get("testBefore") == "true" and not self.again(token):
                self.finish(token)
            else:
                self.instance(token, 0)
            return
        if "loopDataInputRef" in texts:
            notes["items"] = list(plain(token.data)[texts["loopDataInputRef"]])
        else:
            notes["items"] = list(range(int(texts["loopCardinality"])))
        notes["total"] = len(notes["items"])
        if not notes["items"]:
            self.finish_loop(token)
        for number in range(1 if notes["in_turn"] else notes["total"]):
            if token.state == "loop":
                self.instance(token, number)

    def thrown_by(self, loop: Any) -> Any:
        for name in ("noneBehaviorEventRef", "oneBehaviorEventRef"):
            if loop.get(name):
                yield "true", sign(self.named[loop.get(name)], self.named)
        for inner in loop:
            if tag(inner) == "complexBehaviorDefinition":
                parts = {tag(i): i for i in inner}
                yield parts["condition"].text, sign(next(iter(parts["event"])), self.named)

    def instance(self, token: Token, number: int) -> None:
        data = token.data
        if token.notes["item"]:
            data = {**data, token.notes["item"]: (0, token.notes["items"][number])}
        child = Token(token.box, token.scope, data, loop=token, notes={"number": number})
        token.scope.tokens.append(child)
        self.perform(child)

    def again(self, token: Token) -> bool:
        more = token.notes["done"] < token.notes["most"]
        return more and holds(token.notes["again"] or "", plain(token.data))

    def end_instance(self, token: Token, child: Token) -> None:
        notes = token.notes
        notes["done"] += 1
        if notes["standard"]:
            token.data = child.data
            if self.again(token):
                self.instance(token, 0)
            else:
                self.finish(token)
            return
        if notes["output"]:
            notes["results"][child.notes["number"]] = plain(child.data)[notes["given"]]
        else:
            changed = {k: v for k, v in child.data.items() if k != notes["item"]}
            token.data = merge(token.data, changed)
        counts = {
            "numberOfInstances": notes["total"],
            "numberOfCompletedInstances": notes["done"],
        }
        for condition, one in notes["throws"]:
            first = notes["behavior"] != "One" or notes["done"] == 1
            if first and holds(condition, {**plain(child.data), **counts}):
                self.throw(child, one)
        if token.state != "loop":
            return
        enough = notes["until"] and holds(notes["until"], {**plain(child.data), **counts})
        if enough or notes["done"] >= notes["total"]:
            self.finish_loop(token)
        elif notes["in_turn"]:
            self.instance(token, notes["done"])

    def finish_loop(self, token: Token) -> None:
        for other in list(token.scope.tokens):
            if other.loop is token:
                self.drop(other)
        if token.notes["output"]:
            results = [value for _, value in sorted(token.notes["results"].items())]
            token.data = self.written(token.data, {token.notes["output"]: results})
        self.finish(token)

    # Gateways

    def enter_gateway(self, token: Token) -> None:
        box = token.box
        if box.kind == "exclusiveGateway":
            held = [
                a for a in box.out if a.condition and holds(a.condition, plain(token.data))
            ]
            self.take(token, (held or [a for a in box.out if not a.condition])[:1])
        elif box.kind == "eventBasedGateway":
            token.scope.tokens.remove(token)
            race: list[Token] = []
            for arrow in box.out:
                one = signs(arrow.target, self.named)[0]
                race.append(
                    self.wait(Token(arrow.target, token.scope, token.data, sign=one))
                )
            for other in race:
                other.notes["race"] = race
        elif len(box.into) > 1:
            token.state = "join"
        else:
            self.split(token, late=False)

    def split(self, token: Token, *, late: bool) -> None:
        box = token.box
        if box.kind == "parallelGateway" or (
            len(box.out) == 1 and box.kind != "complexGateway"
        ):
            self.take(token, box.out)
            return
        default = box.get("default")
        others = [a for a in box.out if a.id != default]
        if box.kind == "complexGateway" and late:
            self.take(token, [], vanish=True)
            return
        if box.kind == "inclusiveGateway":
            others = [a for a in others if a.condition]
        held = [a for a in others if holds(a.condition, plain(token.data))]
        self.take(token, held or [a for a in box.out if a.id == default])

    def take(self, token: Token, arrows: list[Any], *, vanish: bool = False) -> None:
        token.scope.tokens.remove(token)
        token.state = "done"
        if not vanish:
            self.send(token, arrows)

    def reach(self, start: Box, flows: set[str], stop: Box) -> bool:
        seen, pending = set[str](), [start]
        while pending:
            box = pending.pop()
            if box.id in seen or box is stop:
                continue
            seen.add(box.id)
            for arrow in [*box.out, *(a for e in box.edge for a in e.out)]:
                if arrow.id in flows:
                    return True
                pending.append(arrow.target)
        return False

    def may_come(self, scope: Scope, gate: Box, empty: set[str], filled: set[str]) -> bool:
        return any(
            self.reach(t.box, empty, gate) and not self.reach(t.box, filled, gate)
            for t in scope.tokens
            if t.box is not gate and "armed" not in t.notes
        )

    def settle(self) -> bool:
        """Do one thing that only happens when nothing else moves; whether there was one."""
        scopes = [self.top]
        for scope in scopes:
            scopes += [t.inner for t in scope.tokens if t.inner is not None]
        return any(self.settle_scope(scope) for scope in reversed(scopes))

    def settle_scope(self, scope: Scope) -> bool:
        for box in {t.box for t in scope.tokens if t.state == "gather"}:
            needed = int(box.get("startQuantity"))
            here = [t for t in scope.tokens if t.state == "gather" and t.box is box][
                :needed
            ]
            if len(here) == needed:
                token = self.join(here)
                token.notes["gathered"] = True
                self.enter(token)
                return True
        for gate in {t.box for t in scope.tokens if t.state == "join"}:
            if self.settle_gate(scope, gate):
                return True
        if scope.box.kind == "adHocSubProcess" and self.settle_ad_hoc(scope):
            return True
        if not scope.over and all("armed" in t.notes for t in scope.tokens):
            self.close(scope)
            return True
        return False

    def settle_gate(self, scope: Scope, gate: Box) -> bool:
        first: dict[str, Token] = {}
        for token in scope.tokens:
            if token.state == "join" and token.box is gate:
                first.setdefault(token.via, token)
        empty = {a.id for a in gate.into} - set(first)
        if gate.kind == "parallelGateway":
            fires = not empty
        elif gate.kind == "inclusiveGateway":
            fires = not self.may_come(scope, gate, empty, set(first))
        elif gate.id in scope.late:
            awaited = scope.late[gate.id]
            if self.may_come(scope, gate, awaited - set(first), set()):
                return False
            del scope.late[gate.id]
            for flow in awaited & set(first):
                self.take(first[flow], [], vanish=True)
            return True
        else:
            fires = holds(gate.text("activationCondition"), {"activationCount": len(first)})
            if fires and empty:
                scope.late[gate.id] = empty
        if fires:
            self.split(self.join(list(first.values())), late=False)
        return fires

    def join(self, tokens: list[Token]) -> Token:
        last = tokens[-1]
        last.data, last.state = merge(*(t.data for t in tokens)), "new"
        for token in tokens[:-1]:
            token.scope.tokens.remove(token)
        return last

    def settle_ad_hoc(self, scope: Scope) -> bool:
        box, condition = scope.box, scope.box.text("completionCondition")
        if not scope.ended:
            return False
        if condition and (scope.enough or holds(condition, plain(self.known(scope)))):
            scope.enough = True
            for token in (
                list(scope.tokens) if box.get("cancelRemainingInstances") != "false" else ()
            ):
                self.drop(token)
            return False
        firsts = [
            b
            for b in box.boxes
            if not b.into and b.kind != "boundaryEvent" and not b.by_event
        ]
        if box.get("ordering") == "Sequential":
            scope.turn += not scope.tokens
            if scope.tokens or (scope.turn >= len(firsts) and not condition):
                return False
            self.place(firsts[scope.turn % len(firsts)], scope, self.known(scope))
            scope.ended.clear()
            return True
        if not condition:
            return False
        for token in scope.ended:
            self.place(token.box, scope, token.data)
        scope.ended.clear()
        return True

    def close(self, scope: Scope) -> None:
        scope.over = True
        data, owner = merge(scope.begun, *(t.data for t in scope.ended)), scope.owner
        for token in list(scope.tokens):
            self.drop(token)
        if owner is None:
            return
        if "fired" in owner.notes:
            before = owner.notes["fired"]
            changed = {k: v for k, v in data.items() if before.get(k) != v}
            data = merge(owner.scope.begun, changed)
        owner.data = data
        self.finish(owner)

    # Events

    def enter_event(self, token: Token) -> None:
        box, found = token.box, signs(token.box, self.named)
        if box.kind == "intermediateCatchEvent" and found[0].kind != "link":
            if len(found) == 1:
                token.sign = found[0]
                self.wait(token)
                return
            together = box.get("parallelMultiple") == "true"
            group = [Token(box, token.scope, token.data, sign=one) for one in found]
            token.scope.tokens.remove(token)
            for other in group:
                other.notes["all" if together else "race"] = group
                self.wait(other)
        elif box.kind in ("startEvent", "intermediateCatchEvent"):
            self.finish(token)
        else:
            undone: list[Any] = []
            for one in found:
                if one.kind == "cancel":
                    for other in list(token.scope.tokens):
                        if other is not token:
                            self.drop(other)
                if one.kind in ("compensate", "cancel"):
                    undone += self.to_undo(
                        token.scope, one.name if one.kind == "compensate" else ""
                    )
            token.notes["undo"] = undone
            token.state = "undoing"
            self.undo(token, token.data)

    def undo(self, token: Token, data: Data) -> None:
        token.data = data
        if token.notes["undo"]:
            handler, item, inside = token.notes["undo"].pop(0)
            child = Token(
                handler, token.scope, {**data, **item}, host=token, notes={"undoing": token}
            )
            token.scope.tokens.append(child)
            child.state = "new"
            self.begin(child)
            if child.inner is not None:
                child.inner.done = list(inside)
            return
        self.finish_throw(token)

    def finish_throw(self, token: Token) -> None:
        token.state = "thrown"
        token.scope.tokens.remove(token)
        token.scope.ended.append(token)
        for one in signs(token.box, self.named):
            self.throw(token, one)
        if token.state == "thrown" and not token.scope.over:
            token.scope.ended.remove(token)
            self.leave(token)

    def to_undo(self, scope: Scope, activity: str) -> list[Any]:
        chosen = [note for note in scope.done if activity in ("", note[0].id)]
        scope.done = [note for note in scope.done if note not in chosen]
        found = [part for note in reversed(chosen) for part in self.undoers(*note)]
        owner = scope.owner
        if scope.box.by_event and owner is not None and "undoing" not in owner.notes:
            found += self.to_undo(owner.scope, activity)
        return found

    def undoers(self, box: Box, item: Data, inside: list[Any]) -> list[Any]:
        for event in box.edge:
            if event.handler is not None:
                return [(event.handler, item, [])]
        for inner in box.boxes:
            if inner.by_event:
                start = next(b for b in inner.boxes if b.kind == "startEvent")
                if signs(start, self.named)[0].kind == "compensate":
                    return [(inner, item, inside)]
        return [
            (b, {**item, **i}, d)
            for note in reversed(inside)
            for b, i, d in self.undoers(*note)
        ]

    def throw(self, token: Token, one: Sign) -> None:
        if one.kind == "signal":
            for other in [
                t for t in self.everywhere() if t.state == "signal" and t.sign == one
            ]:
                if other.state == "signal":
                    self.occur(other, token)
        elif one.kind in ("error", "escalation", "cancel"):
            found = self.catcher(token, one)
            if found is not None:
                self.occur(found, token)
        elif one.kind == "terminate":
            for other in list(token.scope.tokens):
                self.drop(other)
            token.state = "ended"
            token.scope.ended = [token]
            self.close(token.scope)

    def catcher(self, token: Token, one: Sign) -> Token | None:
        level: Token | None = token
        while level is not None:
            level = level.loop or level
            found = [
                t
                for t in level.scope.tokens
                if t.sign is not None and t.state == one.kind and t.sign.name in ("", one.name)
                and (t.host is level or ("armed" in t.notes and t.box is not level.box))
            ]  # fmt: skip
            found.sort(
                key=lambda t: ("armed" in t.notes, t.sign is not None and not t.sign.name)
            )
            if found:
                return found[0]
            level = level.scope.owner
        return None

    def occur(self, token: Token, source: Token | None) -> None:
        """An event happens where a token waits for it."""
        if "all" in token.notes or (
            token.box.get("parallelMultiple") == "true" and token.host
        ):
            group = token.notes.get("all") or [
                t for t in token.scope.tokens if t.box is token.box and t.host is token.host
            ]
            token.state = "happened"
            if any(t.state != "happened" for t in group):
                return
            for other in group:
                if other is not token:
                    other.scope.tokens.remove(other)
        for other in token.notes.get("race", ()):
            if other is not token:
                self.drop(other)
        self.branch(token, source)

    def branch(self, token: Token, source: Token | None) -> None:
        """The event's own token goes on; it stops what it interrupts."""
        if "armed" not in token.notes and token.host is None:
            self.finish(token)
            return
        start = token.notes.get("armed")
        attribute = "isInterrupting" if start is not None else "cancelActivity"
        stops = (token.box if start is None else start).get(attribute, "true") == "true"
        scope, data = token.scope, token.data
        if start is not None:
            data = self.known(scope)
        elif stops and token.host is not None and token.host.inner is not None:
            data = merge(token.host.data, self.known(token.host.inner))
        again = (not stops and token.state != "timer") or token.notes.get("left", 0) > 0
        if start is not None and stops:
            for other in list(scope.tokens):
                self.drop(other)
            scope.ended = []
            if source is not None:
                source.state = "gone"
        elif stops and token.host is not None:
            self.drop(token.host)
            if source is not None:
                source.state = "gone"
        elif not again or token.notes.get("left") == 1:
            scope.tokens.remove(token)
        fired = Token(token.box, scope, data)
        if start is not None:
            fired.notes["fired"], fired.state = data, "scope"
            scope.tokens.append(fired)
            self.open(token.box, fired, data)
        else:
            fired.state = "done"
            self.leave(fired)

    # Data

    def written(self, data: Data, values: dict[str, Any]) -> Data:
        self.writings += 1
        stamp = self.writings
        return {**data, **{name: (stamp, value) for name, value in values.items()}}


def shown(data: Data) -> str:
    """What is compared: what people and scripts wrote."""
    return json.dumps(
        {k: v for k, v in plain(data).items() if k[:2] in SEEN}, sort_keys=True
    )
