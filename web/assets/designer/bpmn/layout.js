// Draws what a file does not draw: columns follow the arrows, rows are the lanes.

import { is } from "bpmn-js/lib/util/ModelUtil";
import { ranks } from "./ranks.js";

const GAP = 50, ROW = 40, PAD = 40, LABEL = 30;
const SIZES = [["bpmn:Event", 36, 36], ["bpmn:Gateway", 50, 50], ["bpmn:Activity", 100, 80],
  ["bpmn:DataObjectReference", 36, 50], ["bpmn:DataStoreReference", 50, 50], ["bpmn:TextAnnotation", 120, 40], ["bpmn:Group", 140, 80]];

/** Whatever would not be seen: the elements of the flow that no diagram draws. */
export function undrawn(definitions) {
  const drawn = new Set();
  for (const diagram of definitions.diagrams ?? [])
    for (const { bpmnElement } of diagram.plane?.planeElement ?? []) if (bpmnElement) drawn.add(bpmnElement);
  return processes(definitions).flatMap(everything).filter((one) => !drawn.has(one));
}

/** Take away from the drawing what holds to nothing drawn: an arrow without its ends, an edge without its activity. */
export function dropLooseEnds(definitions) {
  for (const { plane } of definitions.diagrams ?? []) {
    const all = plane?.planeElement ?? [], drawn = new Set(all.map(({ bpmnElement }) => bpmnElement));
    const ends = (one) => (is(one, "bpmn:SequenceFlow") ? [one.sourceRef, one.targetRef] : is(one, "bpmn:BoundaryEvent") ? [one.attachedToRef] : []);
    const loose = ({ bpmnElement: one }) => one && ends(one).some((end) => !drawn.has(end));
    if (all.some(loose)) plane.planeElement = all.filter((one) => !loose(one));
  }
}

/** Draw the whole anew. Raises nothing; a file without a process stays without a drawing. */
export function layOut(definitions, moddle) {
  const found = processes(definitions);
  if (!found.length) return;
  const collaboration = definitions.rootElements.find((one) => is(one, "bpmn:Collaboration") && one.participants?.length);
  const pen = new Pen(moddle, collaboration ?? found[0]);
  let y = PAD;
  if (collaboration)
    for (const pool of collaboration.participants) y = pen.pool(pool, PAD, y) + PAD;
  else pen.scope(found[0], PAD, PAD);
  for (const flow of [...(collaboration?.messageFlows ?? [])]) pen.straight(flow);
  definitions.diagrams = [owned(pen.diagram(), definitions)];
}

// What a parser would have said of each part: to whom it belongs. Later strokes follow it.
function owned(part, owner) {
  part.$parent = owner;
  const { plane, planeElement = [], bounds, waypoint = [] } = part;
  for (const inner of [plane, ...planeElement, bounds, ...waypoint]) if (inner) owned(inner, part);
  return part;
}

const processes = (definitions) => (definitions.rootElements ?? []).filter((one) => is(one, "bpmn:Process"));
const real = (one) => Boolean(one?.$type);
const flowOf = (scope) => scope.flowElements ?? [];

function everything(scope) {
  return flowOf(scope).filter((one) => is(one, "bpmn:FlowNode") || (is(one, "bpmn:SequenceFlow") && real(one.sourceRef) && real(one.targetRef)))
    .flatMap((one) => [one, ...(is(one, "bpmn:SubProcess") ? everything(one) : [])]);
}

const leaves = (scope) => {
  const inner = (lane) => (lane.childLaneSet?.lanes?.length ? lane.childLaneSet.lanes.flatMap(inner) : [lane]);
  return (scope.laneSets ?? []).flatMap((set) => set.lanes ?? []).flatMap(inner);
};

class Pen {
  constructor(moddle, root) {
    Object.assign(this, { moddle, root, boxes: new Map(), plane: [], ids: new Set() });
  }

  make = (type, values) => this.moddle.create(type, values);

  id(one) {
    let id = `${one.id}_di`;
    while (this.ids.has(id)) id += "_";
    this.ids.add(id);
    return id;
  }

  diagram() {
    const plane = this.make("bpmndi:BPMNPlane", { id: "plane_laid_out", bpmnElement: this.root, planeElement: this.plane });
    return this.make("bpmndi:BPMNDiagram", { id: "diagram_laid_out", plane });
  }

  shape(one, box, more = {}) {
    this.boxes.set(one, box);
    const bounds = this.make("dc:Bounds", box);
    this.plane.push(this.make("bpmndi:BPMNShape", { id: this.id(one), bpmnElement: one, bounds, ...more }));
  }

  edge(one, points) {
    const waypoint = points.map(([x, y]) => this.make("dc:Point", { x, y }));
    this.plane.push(this.make("bpmndi:BPMNEdge", { id: this.id(one), bpmnElement: one, waypoint }));
  }

  /** A pool and what it holds; where its bottom is. */
  pool(pool, x, y) {
    const size = pool.processRef ? this.measure(pool.processRef) : { width: 600, height: 100 };
    this.shape(pool, { x, y, width: size.width + LABEL, height: size.height }, { isHorizontal: true });
    if (pool.processRef) this.scope(pool.processRef, x + LABEL, y, size);
    return y + size.height;
  }

  /** How a scope will be cut in columns and rows, and how large it is. */
  measure(scope) {
    const nodes = flowOf(scope).filter((one) => is(one, "bpmn:FlowNode") && !is(one, "bpmn:BoundaryEvent"));
    const column = ranks(nodes, flowOf(scope));
    const sizes = new Map(nodes.map((one) => [one, this.size(one)]));
    const lanes = leaves(scope);
    const laneOf = new Map(lanes.flatMap((lane, row) => (lane.flowNodeRef ?? []).map((one) => [one, row])));
    const widths = [], cells = new Map(), heights = (lanes.length ? lanes : [0]).map(() => 2 * PAD + 40);
    for (const one of nodes) {
      const rank = column.get(one), row = laneOf.get(one) ?? 0, cell = `${row} ${rank}`;
      const { width, height } = sizes.get(one);
      widths[rank] = Math.max(widths[rank] ?? 0, width);
      const top = cells.get(cell) ?? PAD;
      cells.set(cell, top + height + ROW);
      sizes.get(one).at = { rank, row, top };
      heights[row] = Math.max(heights[row], top + height + PAD);
    }
    const left = [];
    let width = PAD + (lanes.length ? LABEL : 0);
    widths.forEach((wide, rank) => { left[rank] = width; width += wide + GAP; });
    const rest = [...flowOf(scope), ...(scope.artifacts ?? [])].filter((one) => SIZES.slice(3).some(([type]) => is(one, type)));
    const height = heights.reduce((sum, one) => sum + one, 0) + (rest.length ? 100 : 0);
    return { nodes, sizes, lanes, heights, widths, left, rest, width: Math.max(width, 220), height };
  }

  size(one) {
    const inner = is(one, "bpmn:SubProcess") && flowOf(one).length ? this.measure(one) : null;
    if (inner) return { width: inner.width, height: inner.height, inner };
    const [, width, height] = SIZES.find(([type]) => is(one, type)) ?? SIZES[2];
    return { width, height };
  }

  scope(scope, x, y, measured = this.measure(scope)) {
    const tops = [];
    measured.heights.reduce((top, height, row) => { tops[row] = top; return top + height; }, y);
    for (const set of scope.laneSets ?? []) for (const lane of set.lanes ?? []) this.lane(lane, x, measured, tops);
    for (const one of measured.nodes) {
      const { width, height, at, inner } = measured.sizes.get(one);
      const left = x + measured.left[at.rank] + (measured.widths[at.rank] - width) / 2;
      const box = { x: left, y: tops[at.row] + at.top, width, height };
      this.shape(one, box, is(one, "bpmn:SubProcess") ? { isExpanded: Boolean(inner) } : {});
      if (inner) this.scope(one, box.x, box.y, inner);
    }
    this.edges(scope);
    measured.rest.forEach((one, place) => {
      const [, width, height] = SIZES.find(([type]) => is(one, type));
      this.shape(one, { x: x + PAD + place * 160, y: y + measured.height - 80, width, height });
    });
    for (const flow of flowOf(scope).filter((one) => is(one, "bpmn:SequenceFlow"))) this.arrow(flow);
    for (const link of (scope.artifacts ?? []).filter((one) => is(one, "bpmn:Association"))) this.straight(link);
  }

  lane(lane, x, measured, tops, inside = 0) {
    const rows = (lane.childLaneSet?.lanes?.length ? leaves({ laneSets: [lane.childLaneSet] }) : [lane]).map((one) => measured.lanes.indexOf(one));
    const height = rows.reduce((sum, row) => sum + measured.heights[row], 0);
    this.shape(lane, { x: x + inside, y: tops[rows[0]], width: measured.width - inside, height }, { isHorizontal: true });
    for (const child of lane.childLaneSet?.lanes ?? []) this.lane(child, x, measured, tops, inside + LABEL);
  }

  edges(scope) {
    const seen = new Map();
    for (const one of flowOf(scope).filter((found) => is(found, "bpmn:BoundaryEvent"))) {
      const host = this.boxes.get(one.attachedToRef); // none: it cannot be drawn
      if (!host) continue;
      const place = seen.get(one.attachedToRef) ?? 0;
      seen.set(one.attachedToRef, place + 1);
      this.shape(one, { x: host.x + 12 + place * 42, y: host.y + host.height - 18, width: 36, height: 36 });
    }
  }

  arrow(flow) {
    const from = this.boxes.get(flow.sourceRef), to = this.boxes.get(flow.targetRef);
    if (!from || !to) return;
    const middle = (box) => box.y + box.height / 2, right = from.x + from.width;
    if (is(flow.sourceRef, "bpmn:BoundaryEvent")) {
      const x = from.x + 18, low = Math.max(from.y + 56, middle(to));
      this.edge(flow, [[x, from.y + 36], [x, low], ...(low === middle(to) ? [[to.x, low]] : [[to.x - 15, low], [to.x - 15, middle(to)], [to.x, middle(to)]])]);
    } else if (to.x >= right) {
      const turn = to.x - GAP / 2;
      const bent = middle(from) === middle(to) ? [] : [[turn, middle(from)], [turn, middle(to)]];
      this.edge(flow, [[right, middle(from)], ...bent, [to.x, middle(to)]]);
    } else {
      const low = Math.max(from.y + from.height, to.y + to.height) + ROW / 2;
      const [a, b] = [from.x + from.width / 2, to.x + to.width / 2];
      this.edge(flow, [[a, from.y + from.height], [a, low], [b, low], [b, to.y + to.height]]);
    }
  }

  straight(link) {
    const boxes = [link.sourceRef, link.targetRef].map((one) => this.boxes.get(one));
    if (boxes.every(Boolean)) this.edge(link, boxes.map(({ x, y, width, height }) => [x + width / 2, y + height / 2]));
  }
}
