// Talks with the program on the agent's own machine (docs/decisions/0043). Another program may
// hold its port: the pairing code is never sent, each side proves that it knows it.
// Without a code, the program is a client that speaks as NexU does, which proves nothing.

const PROOF = "X-Signeur-Proof";

export class Signeur {
  #session = "";

  constructor(address, code, said) {
    Object.assign(this, { address, code, said });
  }

  async greet() {
    const answer = await this.#fetched("/nexu-info");
    this.#session = (await answer.json().catch(() => ({}))).session;
  }

  async ask(path, asked) {
    const body = JSON.stringify(asked);
    const headers = { "Content-Type": "application/json" };
    const nonce = crypto.randomUUID();
    if (this.code) {
      const sum = await digest(body);
      headers[PROOF] = [nonce, sum, await this.#proof("ask", path, nonce, sum)].join(":");
    }
    const answer = await this.#fetched(path, { method: "POST", headers, body });
    const text = await answer.text();
    if (this.code) {
      const expected = await this.#proof("answer", nonce, await digest(text));
      if (answer.headers.get(PROOF) !== expected) throw new Error(this.said.stranger);
    }
    const told = parsed(text);
    if (!answer.ok || told.success === false) throw new Error(told.errorMessage ?? this.said.failed);
    return told.response;
  }

  async #fetched(path, asked) {
    try {
      return await fetch(this.address + path, asked);
    } catch {
      throw new Error(this.said.absent);
    }
  }

  async #proof(...words) {
    const way = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes(this.code), way, false, ["sign"]);
    return hex(await crypto.subtle.sign("HMAC", key, bytes([this.#session, ...words].join("\n"))));
  }
}

async function digest(text) {
  return hex(await crypto.subtle.digest("SHA-256", bytes(text)));
}

function bytes(text) {
  return new TextEncoder().encode(text);
}

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
