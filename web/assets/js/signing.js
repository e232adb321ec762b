// Signs a lot with the key of this machine: the office freezes, the program here signs and asks
// the PIN, the office finishes. A client that speaks as NexU does signs one by one.

import { Signeur } from "./signeur.js";

const place = document.querySelector("[data-ebg-signing]");
const CODE = "ebg-signeur-code";
const PAUSE = 300;

if (place) {
  const form = place.querySelector("[data-ebg-local]");
  const code = form.querySelector("input");
  code.value = localStorage.getItem(CODE) ?? "";
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await sign(code.value.trim());
      localStorage.setItem(CODE, code.value.trim());
      location.reload();
    } catch (error) {
      say(error.message);
      button.disabled = false;
      code.focus();
    }
  });
}

async function sign(code) {
  tell("looking");
  const signeur = new Signeur(place.dataset.ebgSigneur, code, said());
  await signeur.greet();
  const held = await signeur.ask("/rest/certificates", {});
  await office("certificat", { certificate: held.certificate, chain: held.certificateChain ?? [] });
  tell("freezing");
  const asked = await frozen();
  if (!asked.entries.length) return; // each was refused: the page says why
  tell("pin");
  const values = await (code ? batch : oneByOne)(signeur, asked.entries, held);
  tell("sending");
  await office("valeurs", { nonce: asked.nonce, values });
}

async function frozen() {
  for (;;) {
    const { status, told } = await office("a-signer");
    if (status === 200) return told;
    say(`${said().freezing} ${told.prepared} / ${told.total}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function batch(signeur, entries, { tokenId, keyId }) {
  const toBeSigned = entries.map(({ id, title, data }) => ({ id, title, bytes: data }));
  const asked = { tokenId, keyId, digestAlgorithm: "SHA256", toBeSigned };
  return (await signeur.ask("/rest/sign-batch", asked)).values;
}

async function oneByOne(signeur, entries, { tokenId, keyId }) {
  const values = {};
  for (const { id, data } of entries) {
    const asked = { tokenId, keyId, digestAlgorithm: "SHA256", toBeSigned: { bytes: data } };
    values[id] = (await signeur.ask("/rest/sign", asked)).signatureValue;
  }
  return values;
}

async function office(path, body) {
  const headers = { Accept: "application/json" };
  if (body) {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
  }
  const asked = body ? { method: "PUT", headers, body: JSON.stringify(body) } : { headers };
  const answer = await fetch(`${place.dataset.ebgSigning}/${path}`, asked);
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error ?? said().failed);
  return { status: answer.status, told };
}

function said() {
  place.ebgSaid ??= JSON.parse(place.dataset.ebgSaid);
  return place.ebgSaid;
}

function tell(what) {
  say(said()[what]);
}

function say(text) {
  place.querySelector("[data-ebg-signing-status]").textContent = text;
}
