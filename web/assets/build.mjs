// Builds what the browser loads and the reference data that npm carries.
//
//   npm ci && node web/assets/build.mjs
//
// Writes web/static/dist/ (content-hashed files and manifest.json, fonts for PDF letters,
// third-party licences) and web/data/ (communes and their territories). Both are git-ignored.
// To add a bundle: one line in `entries`. To serve a vendor's file as it is: one line in `copies`.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { buildCommunes } from "./communes.mjs";
import { exchange } from "./exchange.mjs";
import { buildIcons } from "./icons.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "web/static/dist");
const modules = join(root, "node_modules");

const entries = {
  app: "web/assets/css/app.css",
  main: "web/assets/js/main.js",
  diagram: "web/assets/css/diagram.css",
  "diagram-viewer": "web/assets/js/diagram.js",
  "designer-dmn": "web/assets/designer/dmn/main.js",
  "designer-form": "web/assets/designer/form/main.js",
  "designer-letter": "web/assets/designer/letter/main.js",
  "designer-feel": "web/assets/designer/feel/main.js",
  "designer-bpmn": "web/assets/designer/bpmn/main.js",
};

const copies = [
  "bpmn-js/dist/bpmn-navigated-viewer.production.min.js",
  "htmx.org/dist/ext/hx-sse.min.js",
];

const pdfFonts = [
  "DejaVuSans.ttf",
  "DejaVuSans-Bold.ttf",
  "DejaVuSans-Oblique.ttf",
  "DejaVuSans-BoldOblique.ttf",
  "DejaVuSansMono.ttf",
];

const manifest = {};

function write(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const extension = extname(name);
  const hashed = `${name.slice(0, -extension.length)}-${hash}${extension}`;
  writeFileSync(join(out, hashed), content);
  manifest[name] = hashed;
}

// Bootstrap's dark colours wait for an attribute; this lets `data-bs-theme=auto` follow the
// system's preference without JavaScript.
function followSystem(css) {
  const dark = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < css.length; i++) {
    if (css[i] === "{") depth++;
    else if (css[i] === "}" && --depth === 0) {
      const rule = css.slice(start, i + 1);
      start = i + 1;
      if (!rule.startsWith("@") && /\[data-bs-theme="?dark"?\]/.test(rule.split("{")[0]))
        dark.push(rule.replace(/\[data-bs-theme="?dark"?\]/g, "[data-bs-theme=auto]"));
    } else if (css[i] === ";" && depth === 0) start = i + 1;
  }
  return `${css}@media (prefers-color-scheme:dark){${dark.join("")}}`;
}

async function bundle() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    outdir: out,
    write: false,
    legalComments: "none",
    plugins: [exchange(modules)],
    // The form editor and the fields it shows must share one preact: its own, which is older.
    alias: { preact: join(modules, "@bpmn-io/form-js-editor/node_modules/preact") },
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty", ".eot": "empty", ".svg": "dataurl" },
  });
  for (const { path, contents, text } of result.outputFiles) {
    const name = relative(out, path);
    if (name.endsWith(".css")) write(name, followSystem(text));
    else if (name.endsWith(".js")) write(name, contents);
    else writeFileSync(path, contents); // fonts: esbuild has hashed their names
  }
}

function licences() {
  const texts = [];
  const folders = readdirSync(modules, { recursive: false }).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((n) => join(name, n)) : [name],
  );
  for (const name of folders.sort()) {
    if (name.startsWith(".") || name.startsWith("@esbuild")) continue;
    const folder = join(modules, name);
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((f) => /^(licen[cs]e|copying|ofl)/i.test(f));
    texts.push(
      `${"=".repeat(72)}\n${about.name} ${about.version} (${about.license ?? "see below"})\n`,
      ...files.map((f) => readFileSync(join(folder, f), "utf8")),
    );
  }
  writeFileSync(join(out, "licences.txt"), texts.join("\n"));
}

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "fonts"), { recursive: true });
await bundle();
write("icons.svg", buildIcons(root));
for (const file of copies) write(basename(file), readFileSync(join(modules, file)));
for (const font of pdfFonts)
  cpSync(join(modules, "dejavu-fonts-ttf/ttf", font), join(out, "fonts", font));
licences();
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
const communes = buildCommunes(root);
console.log(`${Object.keys(manifest).length} assets, ${communes} communes`);
