// The French of what bpmn-js says in what we offer. Our own dictionary: the shared one is half done.
// What is asked for and has no French here gathers in `missing`, which a test reads.

const START = { "Start event": "Début", "Message start event": "Début : message", "Timer start event": "Début : minuteur",
  "Conditional start event": "Début : condition", "Signal start event": "Début : signal", "Error start event": "Début : erreur",
  "Escalation start event": "Début : escalade", "Compensation start event": "Début : compensation" };
const MIDDLE = { "Intermediate throw event": "Étape franchie", "Message intermediate catch event": "Attendre un message",
  "Message intermediate throw event": "Envoyer un message", "Timer intermediate catch event": "Attendre un moment",
  "Escalation intermediate throw event": "Émettre une escalade", "Conditional intermediate catch event": "Attendre une condition",
  "Link intermediate catch event": "Lien : arrivée", "Link intermediate throw event": "Lien : départ",
  "Compensation intermediate throw event": "Déclencher une compensation", "Signal intermediate catch event": "Attendre un signal",
  "Signal intermediate throw event": "Émettre un signal" };
const END = { "End event": "Fin", "Message end event": "Fin : message", "Escalation end event": "Fin : escalade",
  "Error end event": "Fin : erreur", "Cancel end event": "Fin : annulation", "Compensation end event": "Fin : compensation",
  "Signal end event": "Fin : signal", "Terminate end event": "Fin : tout arrêter" };
const BOUNDARY = { "Boundary event": "Bord", "Message boundary event": "Bord : message", "Timer boundary event": "Bord : minuteur",
  "Escalation boundary event": "Bord : escalade", "Conditional boundary event": "Bord : condition",
  "Error boundary event": "Bord : erreur", "Cancel boundary event": "Bord : annulation",
  "Signal boundary event": "Bord : signal", "Compensation boundary event": "Bord : compensation" };
const BESIDE = Object.fromEntries(
  [...Object.entries(START), ...Object.entries(BOUNDARY)]
    .map(([english, french]) => [`${english} (non-interrupting)`, `${french}, sans interrompre`]));
const REST = {
  "Task": "Tâche", "User task": "Tâche d’une personne", "Service task": "Opération ou appel distant",
  "Send task": "Tâche d’envoi", "Receive task": "Tâche d’attente", "Manual task": "Tâche manuelle",
  "Business rule task": "Table de décision", "Script task": "Calcul", "Call activity": "Appel d’une procédure",
  "Sub-process": "Sous-processus", "Sub-process (collapsed)": "Sous-processus replié", "Sub-process (expanded)": "Sous-processus déplié",
  "Ad-hoc sub-process": "Sous-processus ad hoc", "Ad-hoc sub-process (collapsed)": "Sous-processus ad hoc replié",
  "Ad-hoc sub-process (expanded)": "Sous-processus ad hoc déplié", "Transaction": "Transaction", "Event sub-process": "Sous-processus d’événement",
  "Exclusive gateway": "Passerelle exclusive", "Parallel gateway": "Passerelle parallèle", "Inclusive gateway": "Passerelle inclusive",
  "Complex gateway": "Passerelle complexe", "Event-based gateway": "Passerelle d’événements",
  "Sequence flow": "Flèche simple", "Default flow": "Flèche par défaut", "Conditional flow": "Flèche avec condition",
  "Data object reference": "Donnée", "Data store reference": "Dépôt de données",
  "Expanded pool/participant": "Piscine avec contenu", "Empty pool/participant": "Piscine vide",
  "Empty pool/participant (removes content)": "Piscine vide (le contenu disparaît)",
  "Parallel multi-instance": "Répéter en parallèle", "Sequential multi-instance": "Répéter à la suite", "Loop": "Recommencer (boucle)",
  "Participant multiplicity": "Piscine multiple", "Collection": "Liste", "Toggle non-interrupting": "Interrompre ou non", "Change element": "Changer de nature", "Delete": "Supprimer", "Search in diagram": "Chercher dans le diagramme",
  "Open {element}": "Ouvrir {element}", "Add lane above": "Ajouter un couloir au-dessus", "Add lane below": "Ajouter un couloir au-dessous",
  "Divide into two lanes": "Diviser en deux couloirs", "Divide into three lanes": "Diviser en trois couloirs",
  "Add text annotation": "Ajouter une note", "Connect to other element": "Relier à un autre élément", "Connect using association": "Relier la note",
  "Connect using data input association": "Relier la donnée", "Append end event": "Ajouter une fin", "Append gateway": "Ajouter une passerelle",
  "Append task": "Ajouter une tâche", "Append receive task": "Ajouter une tâche d’attente", "Append compensation activity": "Ajouter l’activité qui défait",
  "Append message intermediate catch event": "Ajouter l’attente d’un message", "Append timer intermediate catch event": "Ajouter l’attente d’un moment",
  "Append conditional intermediate catch event": "Ajouter l’attente d’une condition", "Append signal intermediate catch event": "Ajouter l’attente d’un signal",
  "Append intermediate/boundary event": "Ajouter un événement", "Align elements": "Aligner", "Align elements left": "Aligner à gauche",
  "Align elements right": "Aligner à droite", "Align elements center": "Centrer en largeur", "Align elements middle": "Centrer en hauteur",
  "Align elements top": "Aligner en haut", "Align elements bottom": "Aligner en bas", "Distribute elements horizontally": "Répartir en largeur",
  "Distribute elements vertically": "Répartir en hauteur",
  "flow elements must be children of pools/participants": "un élément doit être posé dans une piscine",
  "Data object must be placed within a pool/participant.": "Une donnée doit être posée dans une piscine.",
};

const FRENCH = { ...START, ...MIDDLE, ...END, ...BOUNDARY, ...BESIDE, ...REST };

export const missing = new Set();

/** What bpmn-js calls for each of its sentences; our own, already French, begin with « fr: ». */
export function translate(template, values = {}) {
  if (!(template in FRENCH) && !template.startsWith("fr:")) missing.add(template);
  const said = FRENCH[template] ?? template.replace(/^fr:/, "");
  return said.replace(/{([^}]+)}/g, (_, key) => values[key] ?? `{${key}}`);
}

export default { translate: ["value", translate] };
