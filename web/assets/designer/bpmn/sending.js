// Speaks JSON with the service, with the token that proves the page is ours.

export const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

/** POST JSON; `{ ok, status, body }`. Raises when the service cannot be reached. */
export async function send(address, values, signal) {
  const answer = await fetch(address, { method: "POST", signal, body: JSON.stringify(values),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() } });
  const body = await answer.json().catch(() => ({ message: `Réponse inattendue du service (${answer.status}).` }));
  return { ok: answer.ok, status: answer.status, body };
}

/** GET JSON, or `other` when it cannot be had. */
export async function fetched(address, other) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : other;
  } catch {
    return other;
  }
}
