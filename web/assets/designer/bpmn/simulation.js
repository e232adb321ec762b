// The token simulation, switched by our button and speaking French.

const SAID = {
  "Token Simulation": "Simulation", "Toggle Simulation Log": "Journal de la simulation", "Simulation Log": "Journal de la simulation",
  "Reset Simulation": "Recommencer la simulation", "Found unsupported elements": "Certains éléments ne se simulent pas", "Not supported": "Ne se simule pas",
  "Play/Pause Simulation": "Lancer ou suspendre la simulation", "Pause Simulation": "Simulation suspendue", "Play Simulation": "Simulation lancée",
  "Set Sequence Flow": "Choisir la flèche", "Remove pause point": "Ne plus s’arrêter ici", "Add pause point": "S’arrêter ici", "Trigger Event": "Faire survenir",
  "Finished": "Fini", "No Entries": "Rien encore", "Process started": "La procédure commence", "Process finished": "La procédure finit",
  "Process canceled": "La procédure s’arrête", "SubProcess started": "Le sous-processus commence", "SubProcess finished": "Le sous-processus finit",
  "SubProcess canceled": "Le sous-processus s’arrête", "Service Task": "Opération", "User Task": "Tâche d’une personne", "Call Activity": "Appel",
  "Script Task": "Calcul", "Business Rule Task": "Table de décision", "Manual Task": "Tâche manuelle", "Receive Task": "Tâche d’attente",
  "Send Task": "Tâche d’envoi", "Task": "Tâche", "Exclusive Gateway": "Passerelle exclusive", "Parallel Gateway": "Passerelle parallèle",
  "Inclusive Gateway": "Passerelle inclusive", "Start Event": "Début", "Intermediate Event": "Événement", "Boundary Event": "Bord", "End Event": "Fin",
};
const PARTS = [[/^Focus process instance /, "Voir le dossier "], [/^Set animation speed = Slow$/, "Vitesse : lente"], [/^Set animation speed = Normal$/, "Vitesse : normale"],
  [/^Set animation speed = Fast$/, "Vitesse : rapide"], [/ started$/, " : commence"], [/ finished$/, " : finit"], [/ canceled$/, " : s’arrête"]];
const OURS = "[class*='bts-']";

/** Switch the simulation; `heard(active)` is called each time it begins or ends. */
export function simulation(modeler, container, heard) {
  const watch = new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes)
      for (const node of addedNodes.length ? addedNodes : [target]) if (node.nodeType === 1) speak(node);
  });
  modeler.on("tokenSimulation.toggleMode", ({ active }) => {
    heard(active);
    watch.disconnect(); // a large diagram that is only drawn must not pay for it
    if (!active) return;
    watch.observe(container, { subtree: true, childList: true, attributes: true, attributeFilter: ["title"] });
    speak(container);
  });
  return () => modeler.get("toggleMode").toggleMode();
}

function speak(around) {
  const theirs = around.closest(OURS) ? [around, ...around.querySelectorAll("*")]
    : [...around.querySelectorAll(OURS)].flatMap((one) => [one, ...one.querySelectorAll("*")]);
  for (const element of theirs) {
    if (element.closest("svg")) continue;
    if (element.title) put(element, "title", french(element.title));
    for (const node of element.childNodes) if (node.nodeType === 3 && node.data.trim()) put(node, "data", french(node.data));
    if (element.matches("button") && !element.textContent.trim() && element.title) element.setAttribute("aria-label", element.title);
  }
}

const put = (holder, name, value) => holder[name] !== value && (holder[name] = value);

function french(text) {
  const said = text.trim();
  if (SAID[said]) return text.replace(said, SAID[said]);
  return PARTS.reduce((found, [english, here]) => found.replace(english, here), text);
}
