// A step put in the arrow that leaves another: what follows makes room, and stays joined.

import { selfAndAllChildren } from "diagram-js/lib/util/Elements";

const GAP = 50;
const COMMAND = "ebg.insertAfter";

class Inserting {
  constructor(commandStack, modeling, spaceTool, canvas) {
    Object.assign(this, { commandStack, modeling, spaceTool, canvas });
    commandStack.register(COMMAND, this);
  }

  // One command, so that « Annuler » takes back the whole gesture.
  after(element, shape) {
    const context = { element, shape };
    this.commandStack.execute(COMMAND, context);
    return context.made;
  }

  preExecute(context) {
    const { element, shape } = context;
    const [flow] = element.outgoing, followed = flow.target, edge = element.x + element.width;
    if (followed.x >= edge) this.makeRoom(edge + 1, shape.width + 2 * GAP - (followed.x - edge));
    const middle = { x: edge + GAP + shape.width / 2, y: element.y + element.height / 2 };
    context.made = this.modeling.createShape(shape, middle, element.parent);
    this.modeling.reconnectEnd(flow, context.made, middle);
    this.modeling.connect(context.made, followed);
  }

  makeRoom(start, by) {
    if (by <= 0) return;
    const all = selfAndAllChildren(this.canvas.getRootElement(), true);
    const { movingShapes, resizingShapes } = this.spaceTool.calculateAdjustments(all, "x", by, start);
    this.spaceTool.makeSpace(movingShapes, resizingShapes, { x: by, y: 0 }, "e", start);
  }
}
Inserting.$inject = ["commandStack", "modeling", "spaceTool", "canvas"];

export default { __init__: ["inserting"], inserting: ["type", Inserting] };
