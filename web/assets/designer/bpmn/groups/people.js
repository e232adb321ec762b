// Who does a task, with which form, before when.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";

const NONE = { value: "", label: "Aucun" };

export function people(one) {
  const { bo } = one;
  if (is(bo, "bpmn:Lane")) return [{ title: "Rôle", fields: [role(one, "Le rôle porte le nom de l’identifiant du couloir")] }];
  if (is(bo, "bpmn:StartEvent")) return [{ title: "Formulaire", fields: form(one) }];
  if (!isAny(bo, ["bpmn:UserTask", "bpmn:ManualTask"])) return [];
  return [
    { title: "Formulaire", fields: form(one) },
    { title: "Qui", fields: [
      role(one, "Celui du couloir"),
      said(one, "assignee", "feel", "Personne désignée", "La personne à qui la tâche est donnée d’emblée ; vide : à l’équipe."),
      said(one, "organisation", "feel", "Organisme", "L’organisme qui fait la tâche ; vide : celui du dossier."),
      said(one, "subject", "feel", "Objet", "Ce dont il s’agit, pour les délégations ; vide : la démarche."),
      said(one, "page", "text", "Salle", "Où la tâche se fait, et là seulement : parapheur. Vide : dans la corbeille."),
      check(one, "signature", "Terminer cette tâche, c’est signer"),
      said(one, "to_approve", "text", "À remplir pour viser ou signer", "Les clés des données du parapheur, séparées par des virgules : montant, seance."),
      said(one, "to_refuse", "text", "À remplir pour refuser", "Même écriture."),
    ] },
    { title: "Délais et priorité", fields: [
      said(one, "due", "feel", "Échéance", "Une durée (P15D), une date, ou un calcul : working days after(today(), 10)."),
      said(one, "follow_up", "feel", "Relancer le", "Même écriture que l’échéance."),
      said(one, "priority", "feel", "Priorité", "Un nombre ou un calcul ; 50 d’ordinaire."),
    ] },
  ];
}

const said = ({ element, bo, facts }, key, kind, label, hint) => ({ key, kind, label, hint,
  value: facts.property(bo, `ebg:${key}`), write: (value) => facts.setProperty(element, bo, `ebg:${key}`, value) });

const check = ({ element, bo, facts }, key, label) => ({ key, kind: "check", label,
  value: facts.property(bo, `ebg:${key}`) === "true", write: (on) => facts.setProperty(element, bo, `ebg:${key}`, on ? "true" : "") });

function form(one) {
  const options = [NONE, ...one.catalogue.forms.map(({ name, title }) => ({ value: name, label: title ? `${title} (${name})` : name }))];
  const picked = { ...said(one, "form", "select", "Formulaire"), options };
  return [picked, said(one, "into", "data", "Ranger les réponses sous", "Un nom de donnée ; vide : chaque réponse garde le sien.")];
}

// A role that is worked out begins with an equals sign: no list holds it.
function role(one, none) {
  if (one.facts.property(one.bo, "ebg:role")?.startsWith("=")) return said(one, "role", "feel", "Rôle", "Calculé quand la tâche s’ouvre ; vide : celui du couloir.");
  const options = [{ value: "", label: none }, ...one.catalogue.roles.map(({ name, label }) => ({ value: name, label: `${label} (${name})` }))];
  return { ...said(one, "role", "select", "Rôle"), options };
}
