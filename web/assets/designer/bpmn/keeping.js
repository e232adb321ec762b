// Keeps the draft: sends it a moment after the last stroke with the number it was read at, holds it
// in the browser until it is sent, and tells who else wrote or holds it.

import { h, button, later } from "./dom.js";

const AFTER = 1500, AGAIN = 5000;

export class Keeping {
  constructor({ place, status, address, token, source, rev, onRead }) {
    Object.assign(this, { place, status, address, token, source, rev, onRead, dirty: false, sending: null, name: `ebg-draft ${address}` });
    this.soon = later(() => this.save(), AFTER);
    window.addEventListener("beforeunload", (event) => (this.dirty || this.sending) && event.preventDefault());
    window.addEventListener("online", () => this.dirty && this.save());
  }

  async stroke() {
    if (this.closed) return;
    this.dirty = true;
    this.say("Modifié");
    this.soon();
  }

  /** What this browser kept of an earlier visit and could not send. */
  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.name));
    } catch {
      return null;
    }
  }

  hold(text) {
    try {
      localStorage.setItem(this.name, JSON.stringify({ rev: this.rev, text, at: Date.now() }));
    } catch { /* the browser has no room: the page itself still holds it */ }
  }

  forget = () => localStorage.removeItem(this.name);

  async save() {
    if (this.closed || !this.dirty) return;
    if (this.sending) return this.soon();
    this.dirty = false;
    const text = await this.source();
    this.hold(text);
    this.say("Enregistrement…");
    this.sending = this.put(text);
    await this.sending;
    this.sending = null;
    if (this.dirty && !this.closed) this.soon();
  }

  async put(text) {
    let answer, body;
    try {
      answer = await fetch(this.address, { method: "PUT", body: text, headers: {
        "Content-Type": "application/xml", "X-CSRFToken": this.token, Accept: "application/json",
        ...(this.rev ? { "If-Match": `"${this.rev}"` } : { "If-None-Match": "*" }) } });
      body = await answer.json().catch(() => ({}));
    } catch {
      return this.lost();
    }
    if (answer.ok) return this.done(body);
    this.dirty = true;
    if (answer.status === 412) return this.conflict(body);
    if (answer.status === 423) return this.heldBy(body);
    if (answer.status >= 500) return this.lost();
    this.say("Non enregistré", true);
    this.tell("danger", body.message ?? `Le brouillon n’a pas été enregistré (${answer.status}). Rechargez la page : ce que vous avez dessiné est gardé dans ce navigateur.`);
  }

  done({ rev }) {
    this.rev = rev;
    if (!this.dirty) this.forget();
    this.tell();
    this.say(`Enregistré à ${new Date().toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit" })}`);
  }

  lost() {
    this.dirty = true;
    this.say("Hors ligne", true);
    this.tell("warning", "Le service ne répond pas. Ce que vous dessinez est gardé dans ce navigateur, et sera envoyé dès que possible.");
    setTimeout(() => this.save(), AGAIN);
  }

  conflict({ message, rev }) {
    this.closed = true; // nothing is sent until somebody has chosen
    this.say("Non enregistré", true);
    const mine = button("Garder ma version", () => {
      this.closed = false;
      this.rev = rev;
      this.save();
    });
    const theirs = button("Prendre l’autre version", () => {
      this.forget();
      this.dirty = false;
      location.reload();
    });
    this.tell("danger", message ?? "Quelqu’un d’autre a enregistré ce fichier pendant que vous le modifiiez.", mine, theirs);
  }

  heldBy({ message }) {
    this.closed = true;
    this.onRead(message);
    this.say("Lecture seule", true);
  }

  say(text, late = false) {
    this.status.textContent = text;
    this.status.classList.toggle("late", late);
  }

  /** A message above the canvas, with what may be done; none takes it away. */
  tell(kind, text, ...acts) {
    if (!kind) return this.place.querySelector("[data-ebg-keeping]")?.remove();
    const made = h("div", { className: `alert alert-${kind}` }, h("p", { className: "mb-0" }, text), acts.length > 0 && h("p", { className: "ebg-bpmn-acts mb-0" }, ...acts));
    made.dataset.ebgKeeping = "";
    this.place.querySelector("[data-ebg-keeping]")?.remove();
    this.place.append(made);
  }
}
