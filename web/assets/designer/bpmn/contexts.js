// A FEEL context as rows of name and expression, and back. What is not a plain context is null.

const OPEN = "([{", CLOSE = ")]}";

/** `{a: 1, "b c": f(x, y)}` → [{name: "a", value: "1"}, …]; null when it cannot be shown as rows. */
export function readContext(text) {
  const whole = text.trim().replace(/^=/, "").trim();
  if (!whole) return [];
  if (!whole.startsWith("{") || !whole.endsWith("}")) return null;
  const rows = [];
  for (const part of pieces(whole.slice(1, -1)) ?? [null]) {
    const found = part?.match(/^\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_À-ÿ][\wÀ-ÿ]*))\s*:\s*([\s\S]+?)\s*$/);
    if (!found) return null;
    rows.push({ name: found[1] ?? found[2], value: found[3] });
  }
  return rows;
}

/** The rows as a FEEL context, empty without a row. */
export function writeContext(rows) {
  const said = rows.filter(({ name, value }) => name || value);
  if (!said.length) return "";
  return `{${said.map(({ name, value }) => `${key(name)}: ${value || "null"}`).join(", ")}}`;
}

const key = (name) => (/^[A-Za-z_À-ÿ][\wÀ-ÿ]*$/.test(name) ? name : JSON.stringify(name));

// Cut at the commas that are in no bracket and no string; null when it does not close.
function pieces(text) {
  if (!text.trim()) return [];
  const found = [];
  let depth = 0, quoted = false, from = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === "\\") at++;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (text.startsWith("//", at) || text.startsWith("/*", at)) return null; // a remark would be lost
    else if (OPEN.includes(sign)) depth++;
    else if (CLOSE.includes(sign) && --depth < 0) return null;
    else if (sign === "," && depth === 0) {
      found.push(text.slice(from, at));
      from = at + 1;
    }
  }
  if (depth || quoted) return null;
  return [...found, text.slice(from)];
}
