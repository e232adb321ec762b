"""The words of Camunda, Flowable and their kin that have a sure equivalent here, one by one.

Each function of WORDS is given an element, the word, its value (an attribute) or the extension
itself; it writes ours and says so, or says what is lost and the cure.
"""

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from engine.spiff import foreign, juel
from engine.spiff.foreign_element import HUMAN, IDENTIFIER, Around, feel_of, put_property
from engine.spiff.moments import is_literal
from engine.spiff.notation import BPMN
from engine.spiff.reading import local


def _form(around: Around, name: str, value: str, child: Any) -> None:
    """The last part of whatever it is called: `embedded:app:forms/aid.html` is `aid`."""
    if child is not None:
        value = child.get("formId") or child.get("formKey") or ""
    found = re.sub(r"\W+", "_", re.split(r"[/:]", value)[-1].partition(".")[0]).strip("_")
    if local(around.element) not in {*HUMAN, "startEvent"} or not found:
        return around.lost(around.element, f"{name} : {foreign.cure(name)}")
    put_property(around.element, "ebg:form", found)
    said = f"formulaire « {value[:100]} » : devenu ebg:form « {found} »"
    around.translated(
        around.element,
        said if found in around.forms else f"{said}, à dessiner dans le brouillon",
    )
    return None


def _assignee(around: Around, name: str, value: str, _child: Any) -> None:
    found = juel.in_feel(value)
    if found is None or local(around.element) not in HUMAN:
        return around.lost(
            around.element, f"{name} « {value[:60]} » : {foreign.cure('candidateGroups')}"
        )
    put_property(around.element, "ebg:assignee", found)
    return around.translated(
        around.element, f"{name} « {value[:60]} » : devenu ebg:assignee"
    )


def _groups(around: Around, name: str, value: str, _child: Any) -> None:
    first, *others = [one.strip() for one in value.split(",")] or [""]
    role = re.sub(r"\W+", "_", first).strip("_").lower()
    if local(around.element) not in HUMAN or not IDENTIFIER.fullmatch(
        first.replace("-", "_")
    ):
        return around.lost(
            around.element, f"{name} « {value[:60]} » : {foreign.cure(name)}"
        )
    put_property(around.element, "ebg:role", role)
    around.translated(
        around.element, f"{name} « {first} » : devenu le rôle « {role} » (ebg:role)"
    )
    if others:
        left = ", ".join(others)[:100]
        around.lost(around.element, f"{left} : un seul rôle agit sur une tâche, choisissez")
    return None


def _assignment(around: Around, _name: str, _value: str, child: Any) -> None:
    if child.get("assignee"):
        _assignee(around, "assignee", child.get("assignee"), None)
    if child.get("candidateGroups"):
        _groups(around, "candidateGroups", child.get("candidateGroups"), None)
    if child.get("candidateUsers"):
        around.lost(around.element, f"candidateUsers : {foreign.cure('candidateUsers')}")


def _moment(ours: str) -> Callable[[Around, str, str, Any], None]:
    def put(around: Around, name: str, value: str, _child: Any) -> None:
        found = value if is_literal(value) else juel.in_feel(value)
        if found is None or local(around.element) not in HUMAN:
            return around.lost(
                around.element, f"{name} « {value[:60]} » : {foreign.cure(name)}"
            )
        put_property(around.element, ours, found)
        return around.translated(around.element, f"{name} « {value[:60]} » : devenu {ours}")

    return put


def _schedule(around: Around, _name: str, _value: str, child: Any) -> None:
    for name, ours in (("dueDate", "ebg:due"), ("followUpDate", "ebg:follow_up")):
        if child.get(name):
            _moment(ours)(around, name, child.get(name), None)


def _priority(around: Around, name: str, value: str, child: Any) -> None:
    value = child.get("priority", "") if child is not None else value
    found = feel_of(value)
    if found is None or found.startswith('"') or local(around.element) not in HUMAN:
        return around.lost(around.element, f"{name} : {foreign.cure('priority')}")
    put_property(around.element, "ebg:priority", found)
    return around.translated(
        around.element, f"priorité {value[:60]} : devenue ebg:priority"
    )


def _topic(around: Around, name: str, value: str, child: Any) -> None:
    """A service is named by its topic; `type="external"` says nothing more."""
    value = child.get("type", "") if child is not None else value
    if name == "type" and value == "external":
        return None
    if local(around.element) != "serviceTask":
        return around.lost(
            around.element, f"{name} « {value[:60]} » : {foreign.cure(name)}"
        )
    around.operation = value.strip()[:100]
    return None


def _decision(around: Around, name: str, value: str, child: Any) -> None:
    if child is not None:
        value, around.result = (
            child.get("decisionId", ""),
            child.get("resultVariable") or "",
        )
    if (
        local(around.element) != "businessRuleTask"
        or not value
        or value.startswith(("=", "$"))
    ):
        return around.lost(
            around.element, f"{name} « {value[:60]} » : {foreign.cure(name)}"
        )
    around.decision = value
    return None


def _result(around: Around, name: str, value: str, _child: Any) -> None:
    if local(around.element) == "scriptTask":
        return around.lost(around.element, f"{name} : {foreign.cure(name)}")
    around.result = value
    return None


def _mapping(around: Around, _name: str, _value: str, child: Any) -> None:
    """Inputs and outputs, in either manner: `zeebe:input`, `camunda:inputParameter`."""
    for one in child:
        kind = local(one).lower()
        name = one.get("target") or one.get("name") or ""
        text = one.get("source") or ("" if len(one) else one.text) or ""
        _datum(around, kind.startswith("in"), name, text, whole=bool(len(one)))


def _in_out(around: Around, name: str, _value: str, child: Any) -> None:
    if child.get("variables") == "all":
        return  # everything passes by itself here
    target, source = child.get("target", ""), child.get("source")
    text = f"={source}" if source else child.get("sourceExpression", "")
    _datum(around, name == "in", target, text, whole=False)


def _datum(around: Around, given: bool, name: str, text: str, *, whole: bool) -> None:
    value = None if whole or not IDENTIFIER.fullmatch(name) else feel_of(text)
    if value is None:
        around.lost(around.element, f"{name or 'données'} : {foreign.cure('inputOutput')}")
    else:
        (around.given if given else around.taken)[name] = value


def _called(around: Around, _name: str, _value: str, child: Any) -> None:
    target = child.get("processId", "") if child is not None else ""
    if local(around.element) != "callActivity" or not target:
        return around.lost(
            around.element, f"calledElement : {foreign.cure('calledElement')}"
        )
    around.element.set("calledElement", target)
    return around.translated(
        around.element, f"processus « {target} » : devenu calledElement"
    )


def _loop(around: Around, name: str, value: str, child: Any) -> None:
    """The collection gone through, and what one element of it is called."""
    many = around.element
    if local(many) != "multiInstanceLoopCharacteristics":
        return around.lost(many, f"{name} : {foreign.cure(name)}")
    words = {"collection": value} if name == "collection" else {"elementVariable": value}
    if child is not None:
        words = {"collection": child.get("inputCollection", ""),
                 "elementVariable": child.get("inputElement", "")}  # fmt: skip
        if child.get("outputCollection"):
            around.lost(
                many, f"{child.get('outputCollection')} : {foreign.cure('collection')}"
            )
    if written := words.get("collection"):
        found = juel.in_feel(written) if written.startswith(("=", "$", "#")) else written
        if found is None:
            return around.lost(many, f"collection : {foreign.cure('collection')}")
        _reference(many, "loopDataInputRef").text = found
        around.translated(many, f"collection « {found[:60]} » : devenue loopDataInputRef")
    if words.get("elementVariable"):
        _reference(many, "inputDataItem").set("name", words["elementVariable"])
        around.translated(
            many, f"élément « {words['elementVariable'][:60]} » : inputDataItem"
        )
    return None


def _reference(many: Any, name: str) -> Any:
    """Written where the schema wants it: after the cardinality, in this order."""
    order = ("extensionElements", "loopCardinality", "loopDataInputRef", "loopDataOutputRef",
             "inputDataItem")  # fmt: skip
    before = order[: order.index(name)]
    place = sum(local(child) in before for child in many)
    made = etree.Element(f"{{{BPMN}}}{name}")
    many.insert(place, made)
    return made


def _subscription(around: Around, name: str, _value: str, child: Any) -> None:
    """Written on the message there, on each event that waits for it here."""
    found = feel_of(child.get("correlationKey", ""))
    message = around.element.get("id")
    root = around.element.getroottree().getroot()
    waiting = [one for one in root.iter(f"{{{BPMN}}}*") if one.get("messageRef") == message]
    if found is None or not waiting:
        return around.lost(around.element, f"{name} : {foreign.cure(name)}")
    for one in waiting:
        event = one.getparent() if local(one) == "messageEventDefinition" else one
        put_property(event, "ebg:correlation", found)
        around.translated(event, f"corrélation « {found[:60]} » : devenue ebg:correlation")
    return None


def _script(around: Around, _name: str, _value: str, child: Any) -> None:
    """A FEEL script whose value has a name is a context of one entry."""
    found = juel.in_feel(child.get("expression", ""))
    result = child.get("resultVariable", "")
    if local(around.element) != "scriptTask" or found is None or not result:
        return around.lost(around.element, f"script : {foreign.cure('script')}")
    etree.SubElement(around.element, f"{{{BPMN}}}script").text = f"{{{result}: {found}}}"
    return around.translated(around.element, f"script : devenu {{{result}: {found[:80]}}}")


def _nothing(_around: Around, _name: str, _value: str, _child: Any) -> None:
    """It says how the other tool runs it: nothing is lost."""


WORDS: dict[str, Callable[[Around, str, str, Any], None]] = {
    **dict.fromkeys(("formKey", "formRef", "formDefinition"), _form),
    **dict.fromkeys(("collection", "elementVariable", "loopCharacteristics"), _loop),
    **dict.fromkeys(("type", "topic", "taskDefinition"), _topic),
    **dict.fromkeys(("decisionRef", "calledDecision"), _decision),
    **dict.fromkeys(("resultVariable", "resultVariableName"), _result),
    **dict.fromkeys(("ioMapping", "inputOutput"), _mapping),
    **dict.fromkeys(("in", "out"), _in_out),
    **dict.fromkeys(("priority", "priorityDefinition"), _priority),
    "assignee": _assignee,
    "candidateGroups": _groups,
    "assignmentDefinition": _assignment,
    "dueDate": _moment("ebg:due"),
    "followUpDate": _moment("ebg:follow_up"),
    "taskSchedule": _schedule,
    "calledElement": _called,
    "subscription": _subscription,
    "script": _script,
    **dict.fromkeys(
        ("userTask", "historyTimeToLive", "versionTag", "formRefBinding", "decisionRefBinding",
         "mapDecisionResult", "calledElementBinding", "exclusive", "modeler", "initiator",
         "isStartableInTasklist"),
        _nothing,
    ),
}  # fmt: skip
