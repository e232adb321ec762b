// What bpmn-engine and feelin take for the same work, one JSON line each.
//
//   node peers.mjs <folder>     with loop.bpmn, splits-4.bpmn, -8 and -12, and conditions.json
//
// A step goes from text to text, as ours goes from bytes to bytes: recover the state, resume,
// signal the user task, take the state, stop.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const installed = createRequire(join(folder, "package.json"));
const { Engine } = installed("bpmn-engine");
const feelin = await import(pathToFileURL(join(folder, "node_modules/feelin/dist/index.js")));

const AGES = [10, 100, 1000];
const read = (name) => readFileSync(join(folder, name), "utf8");
const median = (found) => found.sort((a, b) => a - b)[Math.floor(found.length / 2)];
const tell = (what, ms, facts = {}) => console.log(JSON.stringify({ what, ms, ...facts }));

// Milliseconds of the processor, as on our side.
async function timed(times, act) {
  const found = [];
  for (let n = 0; n < times; n++) {
    const before = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(before);
    found.push((user + system) / 1000);
  }
  return median(found);
}

const waiting = (execution) =>
  execution.getPostponed().find((each) => each.type === "bpmn:UserTask");

async function started(name, variables) {
  const engine = new Engine({ name, source: read(name), variables });
  const execution = await engine.execute();
  return { engine, execution };
}

async function step(state) {
  const engine = new Engine().recover(JSON.parse(state));
  const execution = await engine.resume();
  execution.signal({ id: waiting(execution).id });
  const kept = JSON.stringify(await engine.getState());
  await engine.stop();
  return kept;
}

async function loop() {
  const { engine, execution } = await started("loop.bpmn", { again: true });
  let finished = 1;
  for (const age of AGES) {
    for (; finished < age; finished += 3) {
      execution.signal({ id: waiting(execution).id });
    }
    let state = JSON.stringify(await engine.getState());
    const ms = await timed(15, async () => (state = await step(state)));
    tell("step", ms, { finished: age, state_bytes: state.length });
  }
}

// A start looks along every path before it begins: the last of these may never end.
async function splits() {
  for (const splits of [4, 8, 12]) {
    const ms = await timed(3, async () => {
      const { engine } = await started(`splits-${splits}.bpmn`, { x: true });
      await engine.stop();
    });
    tell("start", ms, { splits });
  }
}

async function conditions() {
  const { expressions, data } = JSON.parse(read("conditions.json"));
  for (const expression of expressions) {
    const ms = await timed(30, async () => {
      for (let n = 0; n < 100; n++) feelin.evaluate(expression, data);
    });
    tell("condition", ms / 100, { expression });
  }
}

await conditions();
await loop();
await splits();
