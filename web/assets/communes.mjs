// The communes of France and the names of their territories, from @etalab/decoupage-administratif.
//
//   web/data/communes.json      [{code, nom, departement, region, epci, codesPostaux, population}]
//   web/data/territories.json   {regions, departements, epci}: code → name

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function buildCommunes(root) {
  const source = join(root, "node_modules/@etalab/decoupage-administratif/data");
  const read = (name) => JSON.parse(readFileSync(join(source, `${name}.json`), "utf8"));
  const epci = read("epci");
  const epciOf = new Map(epci.flatMap((e) => e.membres.map((m) => [m.code, e.code])));
  const communes = read("communes")
    .filter((c) => c.type === "commune-actuelle")
    .map((c) => ({
      code: c.code,
      nom: c.nom,
      departement: c.departement ?? null,
      region: c.region ?? null,
      epci: epciOf.get(c.code) ?? null,
      codesPostaux: c.codesPostaux ?? [],
      population: c.population ?? 0,
    }));
  const names = (rows) => Object.fromEntries(rows.map((r) => [r.code, r.nom]));
  const target = join(root, "web/data");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "communes.json"), JSON.stringify(communes));
  writeFileSync(
    join(target, "territories.json"),
    JSON.stringify({
      regions: names(read("regions")),
      departements: names(read("departements")),
      epci: names(epci),
    }),
  );
  return communes.length;
}
