// In which column each element stands: after all that leads to it, but by what turns back.

import { is } from "bpmn-js/lib/util/ModelUtil";

/** Node → column, from 0. Links of a boundary event count as links of what it stands on. */
export function ranks(nodes, elements) {
  const next = new Map(nodes.map((one) => [one, []]));
  const left = new Map(nodes.map((one) => [one, 0]));
  for (const { $type, sourceRef, targetRef } of elements) {
    if ($type !== "bpmn:SequenceFlow") continue;
    const from = sourceRef && is(sourceRef, "bpmn:BoundaryEvent") ? sourceRef.attachedToRef : sourceRef;
    if (from === targetRef || !next.has(from) || !next.has(targetRef)) continue;
    next.get(from).push(targetRef);
    left.set(targetRef, left.get(targetRef) + 1);
  }
  const column = new Map(), done = new Set();
  const ready = nodes.filter((one) => !left.get(one));
  const begun = []; // reached by something, and waiting for what may turn back
  let at = 0;
  while (done.size < nodes.length) {
    const one = ready.pop() ?? begun.find((found, place) => place >= at && !done.has(found)) ?? nodes.find((found) => !done.has(found));
    while (at < begun.length && done.has(begun[at])) at++;
    if (done.has(one)) continue;
    done.add(one);
    const rank = column.get(one) ?? 0;
    column.set(one, rank);
    for (const after of next.get(one)) {
      if (done.has(after)) continue;
      column.set(after, Math.max(column.get(after) ?? 0, rank + 1));
      begun.push(after);
      left.set(after, left.get(after) - 1);
      if (!left.get(after)) ready.push(after);
    }
  }
  return column;
}
