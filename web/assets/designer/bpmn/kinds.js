// What every element is called, and what we offer to draw: what docs/bpmn.md says runs, no more.

import { is, getBusinessObject } from "bpmn-js/lib/util/ModelUtil";
import { translate } from "./french.js";

const MESSAGE = "bpmn:MessageEventDefinition";
const TIMER = "bpmn:TimerEventDefinition";
const SIGNAL = "bpmn:SignalEventDefinition";
const CONDITION = "bpmn:ConditionalEventDefinition";
const CATCH = "bpmn:IntermediateCatchEvent";
const THROW = "bpmn:IntermediateThrowEvent";

const kind = (id, label, icon, type, event) =>
  ({ id, label, icon: `bpmn-icon-${icon}`, target: { type, ...(event && { eventDefinitionType: event }) } });

/** What may come after an element, the most used first. */
export const AFTER = [
  kind("user-task", "Tâche d’une personne", "user-task", "bpmn:UserTask"),
  kind("service-task", "Opération ou appel distant", "service-task", "bpmn:ServiceTask"),
  kind("rule-task", "Table de décision", "business-rule-task", "bpmn:BusinessRuleTask"),
  kind("script-task", "Calcul", "script-task", "bpmn:ScriptTask"),
  kind("exclusive-gateway", "Passerelle exclusive", "gateway-xor", "bpmn:ExclusiveGateway"),
  kind("parallel-gateway", "Passerelle parallèle", "gateway-parallel", "bpmn:ParallelGateway"),
  kind("inclusive-gateway", "Passerelle inclusive", "gateway-or", "bpmn:InclusiveGateway"),
  kind("event-gateway", "Passerelle d’événements", "gateway-eventbased", "bpmn:EventBasedGateway"),
  kind("complex-gateway", "Passerelle complexe", "gateway-complex", "bpmn:ComplexGateway"),
  kind("catch-message", "Attendre un message", "intermediate-event-catch-message", CATCH, MESSAGE),
  kind("catch-timer", "Attendre un moment", "intermediate-event-catch-timer", CATCH, TIMER),
  kind("catch-signal", "Attendre un signal", "intermediate-event-catch-signal", CATCH, SIGNAL),
  kind("catch-condition", "Attendre une condition", "intermediate-event-catch-condition", CATCH, CONDITION),
  kind("throw-message", "Envoyer un message", "intermediate-event-throw-message", THROW, MESSAGE),
  kind("throw-signal", "Émettre un signal", "intermediate-event-throw-signal", THROW, SIGNAL),
  kind("receive-task", "Tâche d’attente", "receive-task", "bpmn:ReceiveTask"),
  kind("send-task", "Tâche d’envoi", "send-task", "bpmn:SendTask"),
  kind("call-activity", "Appel d’une procédure", "call-activity", "bpmn:CallActivity"),
  kind("subprocess", "Sous-processus", "subprocess-expanded", "bpmn:SubProcess"),
  kind("manual-task", "Tâche manuelle", "manual-task", "bpmn:ManualTask"),
  kind("note", "Note", "text-annotation", "bpmn:TextAnnotation"),
  kind("end-event", "Fin", "end-event-none", "bpmn:EndEvent"),
  kind("end-terminate", "Fin : tout arrêter", "end-event-terminate", "bpmn:EndEvent", "bpmn:TerminateEventDefinition"),
];

/** What may be fixed on the edge of an activity. */
export const ON_EDGE = [
  kind("boundary-timer", "Bord : minuteur", "intermediate-event-catch-timer", "bpmn:BoundaryEvent", TIMER),
  kind("boundary-message", "Bord : message", "intermediate-event-catch-message", "bpmn:BoundaryEvent", MESSAGE),
  kind("boundary-error", "Bord : erreur", "intermediate-event-catch-error", "bpmn:BoundaryEvent", "bpmn:ErrorEventDefinition"),
  kind("boundary-signal", "Bord : signal", "intermediate-event-catch-signal", "bpmn:BoundaryEvent", SIGNAL),
  kind("boundary-escalation", "Bord : escalade", "intermediate-event-catch-escalation", "bpmn:BoundaryEvent", "bpmn:EscalationEventDefinition"),
  kind("boundary-condition", "Bord : condition", "intermediate-event-catch-condition", "bpmn:BoundaryEvent", CONDITION),
  kind("boundary-compensation", "Bord : compensation", "intermediate-event-catch-compensation", "bpmn:BoundaryEvent", "bpmn:CompensateEventDefinition"),
];

/** Entries of bpmn-js' own menus that the engine would refuse, by their rows in docs/bpmn.md. */
export const REFUSED = {
  "replace-with-conditional-start": (target) => !insideEventSubProcess(target),
  "toggle-participant-multiplicity": () => true,
  "toggle-is-collection": () => true,
};

const insideEventSubProcess = (target) => Boolean(getBusinessObject(target).$parent?.triggeredByEvent);

const NAMES = {
  "bpmn:Process": "Procédure", "bpmn:Collaboration": "Diagramme", "bpmn:Participant": "Piscine", "bpmn:Lane": "Couloir",
  "bpmn:SequenceFlow": "Flèche", "bpmn:MessageFlow": "Flux de message", "bpmn:Association": "Lien de note",
  "bpmn:DataInputAssociation": "Lien de donnée", "bpmn:DataOutputAssociation": "Lien de donnée",
  "bpmn:DataObjectReference": "Donnée", "bpmn:DataStoreReference": "Dépôt de données", "bpmn:TextAnnotation": "Note", "bpmn:Group": "Groupe",
  "bpmn:Task": "Tâche", "bpmn:UserTask": "Tâche d’une personne", "bpmn:ServiceTask": "Opération ou appel distant", "bpmn:SendTask": "Tâche d’envoi",
  "bpmn:ReceiveTask": "Tâche d’attente", "bpmn:ManualTask": "Tâche manuelle", "bpmn:BusinessRuleTask": "Table de décision",
  "bpmn:ScriptTask": "Calcul", "bpmn:CallActivity": "Appel d’une procédure", "bpmn:SubProcess": "Sous-processus", "bpmn:Transaction": "Transaction",
  "bpmn:AdHocSubProcess": "Sous-processus ad hoc", "bpmn:ExclusiveGateway": "Passerelle exclusive", "bpmn:ParallelGateway": "Passerelle parallèle",
  "bpmn:InclusiveGateway": "Passerelle inclusive", "bpmn:ComplexGateway": "Passerelle complexe", "bpmn:EventBasedGateway": "Passerelle d’événements",
};
const PLACES = { "bpmn:StartEvent": "start event", "bpmn:EndEvent": "end event", "bpmn:BoundaryEvent": "boundary event",
  "bpmn:IntermediateCatchEvent": "intermediate catch event", "bpmn:IntermediateThrowEvent": "intermediate throw event" };
const EVENTS = { Compensate: "Compensation" };

/** What kind of thing an element is, in French. */
export function kindOf(element) {
  const bo = getBusinessObject(element);
  if (bo.triggeredByEvent) return "Sous-processus d’événement";
  const place = PLACES[bo.$type];
  if (!place) return NAMES[bo.$type] ?? "Élément";
  const events = bo.get("eventDefinitions") ?? [];
  if (events.length > 1 && place === "intermediate catch event") return "Attendre plusieurs événements";
  if (events.length > 1) return `${translate(sentence(place))} : plusieurs événements`;
  const event = events[0]?.$type.slice("bpmn:".length).replace("EventDefinition", "");
  if (!event) return place.startsWith("intermediate") ? "Étape franchie" : translate(sentence(place));
  return translate(`${EVENTS[event] ?? event} ${place}`);
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1).replace("catch event", "throw event");

/** What people call an element: its name, else its kind; a flow by its two ends. */
export function nameOf(element) {
  const bo = getBusinessObject(element);
  const said = (bo.name ?? bo.text ?? bo.categoryValueRef?.value ?? "").replace(/\s+/g, " ").trim();
  if (said) return said;
  if (is(bo, "bpmn:SequenceFlow") || is(bo, "bpmn:MessageFlow"))
    return `vers ${bo.targetRef ? nameOf(bo.targetRef) : "rien"}`;
  return is(bo, "bpmn:Process") ? bo.id : "sans nom";
}
