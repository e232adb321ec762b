// One file of a draft: read, then written over the revision that was read, never over another's.

import { settings, t, token } from "./elements.js";

export class DraftFile {
  constructor(address) {
    this.address = address;
    this.rev = null; // none: the file is new
    this.saved = "";
  }

  async read() {
    if (settings.isNew && this.rev === null) return settings.beginning;
    const answer = await fetch(this.address, { cache: "no-store" });
    if (!answer.ok) throw new Error(t("Le serveur a refusé (code {status}).", { status: answer.status }));
    this.rev = answer.headers.get("ETag")?.replace(/^W\/|"/g, "") ?? null;
    return (this.saved = await answer.text());
  }

  // {done, problems} | {reason: "stale" | "held" | "refused" | "lost", message, rev}
  async write(text) {
    const headers = { "Content-Type": "application/octet-stream", "X-CSRFToken": token() };
    if (this.rev === null) headers["If-None-Match"] = "*";
    else headers["If-Match"] = `"${this.rev}"`;
    let answer;
    try {
      answer = await fetch(this.address, { method: "PUT", headers, body: text });
    } catch {
      return { reason: "lost", message: t("Le serveur ne répond pas : ce que vous avez tapé reste sur cette page.") };
    }
    const said = (await answer.json().catch(() => null)) ?? {};
    if (answer.ok) {
      this.rev = String(said.rev);
      this.saved = text;
      return { done: true, problems: said.problems ?? [] };
    }
    const reason = { 412: "stale", 423: "held" }[answer.status] ?? "refused";
    const message = said.message ?? t("Le serveur a refusé (code {status}).", { status: answer.status });
    return { reason, message, rev: said.rev };
  }
}
