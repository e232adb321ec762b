// The canvas to look at and move around, and nothing more.

const NEVER = () => false;
const LOOKING = /^(zoom|moveCanvas|stepZoom|selectElements|find|toggleTokenSimulation)/;

export function readOnly(modeler, place) {
  place.classList.add("read-only");
  place.querySelector("[data-ebg-do=save]").disabled = true;
  modeler.get("rules").allowed = NEVER;
  modeler.get("directEditing").activate = NEVER;
  modeler.get("contextPad").close();
  modeler.get("contextPad").open = () => {};
  const actions = modeler.get("editorActions"), trigger = actions.trigger.bind(actions);
  actions.trigger = (name, given) => LOOKING.test(name) && trigger(name, given);
}
