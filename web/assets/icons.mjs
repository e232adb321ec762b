// One SVG sprite with the icons that our templates and Python name (`icon("inbox")`,
// `icon="inbox"`), so that a page fetches some kilobytes and not the megabyte of all of them.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folders = ["web", "forms/templates"];
const mention = /\bicon\s*[(=:]\s*["']([a-z0-9-]+)["']/g;

// Names that reach a template through a variable.
const always = [
  "archive", "arrow-down", "arrow-left", "arrow-right", "arrow-repeat", "arrow-up", "bank", "bell", "box-arrow-right",
  "briefcase", "building", "calendar", "cash-coin", "chat-left-text", "check-circle",
  "check-lg", "chevron-down", "chevron-right", "clipboard-check", "clock", "clock-history",
  "cloud-upload", "diagram-3", "download", "envelope", "exclamation-circle",
  "exclamation-triangle", "eye", "file-earmark", "file-earmark-pdf", "file-earmark-text",
  "filter", "flag", "folder", "folder2-open", "gear", "geo-alt", "globe", "grid",
  "hand-index", "hourglass-split", "house", "inbox", "info-circle", "journal-text", "key",
  "link-45deg", "list", "list-check", "lock", "moon-stars", "paperclip", "pause-circle",
  "pen", "pencil", "people", "person", "person-check", "person-plus", "plus-lg", "printer",
  "question-circle", "reply", "search", "send", "shield-check", "shield-lock", "signpost",
  "sliders", "speedometer2", "star", "table", "trash", "upload", "wrench", "x-circle", "x-lg",
];

export function buildIcons(root) {
  const names = new Set(always);
  for (const folder of folders) for (const name of mentions(join(root, folder))) names.add(name);
  const source = join(root, "node_modules/bootstrap-icons/icons");
  const symbols = [...names].sort().map((name) => {
    const svg = readFileSync(join(source, `${name}.svg`), "utf8");
    const body = svg.replace(/^[^>]*>/, "").replace(/<\/svg>\s*$/, "").trim();
    return `<symbol id="${name}" viewBox="0 0 16 16">${body}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" fill="currentColor">${symbols.join("")}</svg>`;
}

function* mentions(folder) {
  let files;
  try {
    files = readdirSync(folder, { recursive: true });
  } catch {
    return;
  }
  for (const file of files) {
    if (!/\.(html|py)$/.test(file) || file.startsWith("static")) continue;
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, name] of text.matchAll(mention)) yield name;
  }
}
