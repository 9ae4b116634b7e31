// SPDX-License-Identifier: MIT
// The graph: drawn once from its layout; then a step changes what differs from before.
"use strict";

const LABEL_SIZE = 12.5;
const NUMBER_SIZE = 13;
const LINE = 17;
const FULL_TAB_ORDER = 80; // with more boxes than that the keyboard reaches only those of the step

// ------------------------------------------------------------------------------------------ drawing

// A text that fits into so much room, by making it smaller.
function fittingSize(size, length, room) {
  return Math.min(size, room / (0.58 * length)).toFixed(1);
}

// What it is called, and how it comes of others.
function drawTitle(box) {
  const isNode = box.node !== undefined;
  const length = isNode ? widthOf(box.name) : box.name.length;
  const size = fittingSize(LABEL_SIZE, length + (isNode && box.detail ? box.detail.length + 3 : 0), box.width - 14);
  const place = { x: box.x + box.width / 2, y: box.y + LINE + 1, "text-anchor": "middle", "font-size": size };
  const name = isNode ? labelPieces(box.name) : [{ text: box.name }];
  const detail = isNode && box.detail ? [{ text: " = " }, ...formulaPieces(box.detail)] : [];
  const spans = placedSpans([...name, ...detail.map((piece) => ({ ...piece, style: "detail" }))]);
  const title = svg("text", { class: "label", ...place }, ...spans);
  if (isNode) return [title];
  const more = svg(
    "text",
    {
      ...place,
      class: "detail",
      y: box.y + 2 * LINE - 1,
      "font-size": fittingSize(11.5, box.detail.length, box.width - 10),
    },
    box.detail,
  );
  return [title, more];
}

function drawNumber(box, style, lines) {
  const y = box.y + box.height - lines * LINE - 7;
  return svg("text", { class: style, x: box.x + box.width / 2, y, "text-anchor": "middle" });
}

// Large, but for what would not fit.
function setNumber(made, text, room) {
  setText(made, text);
  made.setAttribute("font-size", fittingSize(NUMBER_SIZE, text.length, room));
}

function kindOf(box) {
  const node = box.node === undefined ? null : theModel.nodes[box.node];
  if (node === null) return "group";
  const kind = node.index === theModel.output ? "output" : node.isLeaf ? "leaf" : "inner";
  return `${kind}${node.apart ? " apart" : ""}`;
}

function drawBox(box, index) {
  const frame = svg("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 7 });
  box.index = index;
  box.value = drawNumber(box, "value", theModel.isSwept ? 1 : 0.5);
  box.adjoint = drawNumber(box, "adjoint", 0);
  box.sum = svg("text", { class: "sum", x: box.x + 2, y: box.y + box.height + 12 });
  const parts = [frame, ...drawTitle(box), box.value, box.adjoint, box.sum];
  const role = box.node === undefined ? { role: "img" } : { role: "button", "aria-pressed": "false" };
  box.element = svg("g", { class: `node ${kindOf(box)}`, "data-box": index, ...role, tabindex: -1 }, ...parts);
  return box.element;
}

// The arrow's tip at the end of the last curve, in the direction of its last control point.
function tipOf(path) {
  const [x0, y0, x1, y1] = path.split(/[MC ]/).slice(-4).map(Number);
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
  const corner = (back, side) =>
    `${(x1 - back * dx - side * dy).toFixed(1)} ${(y1 - back * dy + side * dx).toFixed(1)}`;
  return `M${corner(0, 0)}L${corner(7, 3)}L${corner(7, -3)}z`;
}

function drawEdge(edge) {
  const parts = [svg("path", { class: "edge", d: edge.path }), svg("path", { class: "tip", d: tipOf(edge.path) })];
  if (edge.label && edge.partial !== undefined) {
    const [x, y] = edge.label;
    parts.push(
      svg("text", { class: "partial", x, y: y + 4, "text-anchor": "middle" }, showNumber(numberOf(edge.partial))),
    );
  }
  edge.element = svg("g", { class: "link" }, ...parts);
  return edge.element;
}

function drawFrame(frame) {
  const place = { x: frame.x, y: frame.y, width: frame.width, height: frame.height };
  return svg(
    "g",
    { class: "frame" },
    svg("rect", { ...place, rx: 10 }),
    svg("text", { x: frame.x + 10, y: frame.y + 15 }, frame.name),
  );
}

// The layout as a picture, with what leads from a node to its box and its edges.
function drawGraph(layout) {
  const frames = layout.frames.map(drawFrame);
  const edges = layout.edges.map(drawEdge);
  const boxes = layout.boxes.map(drawBox);
  layout.boxOf = new Map();
  for (const box of layout.boxes) {
    for (const node of box.nodes ?? [box.node]) layout.boxOf.set(node, box);
  }
  layout.edgesOf = new Map();
  for (const edge of layout.edges) {
    const key = `${edge.from} ${edge.to}`;
    layout.edgesOf.set(key, [...(layout.edgesOf.get(key) ?? []), edge.element]);
  }
  layout.height += LINE; // for the sum below a box at the border
  const size = { viewBox: `0 0 ${layout.width} ${layout.height}` };
  return svg(
    "svg",
    { class: "graph", ...size, role: "group", "aria-label": words.graph },
    svg("g", {}, ...frames),
    svg("g", {}, ...edges),
    svg("g", {}, ...boxes),
  );
}

// --------------------------------------------------------------------------------------- one step

// The least and the largest of what is known in a group: "−0.3 … 0.5".
function rangeOf(numbers) {
  const known = numbers.filter((x) => x !== null);
  if (known.length === 0) return UNKNOWN;
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  return low === high ? showNumber(low, 3) : `${showNumber(low, 2)} … ${showNumber(high, 2)}`;
}

function numbersOf(box, step) {
  if (box.node === undefined) {
    const nodes = box.nodes.map((index) => theModel.nodes[index]);
    return [rangeOf(nodes.map((n) => valueAt(n, step))), rangeOf(nodes.map((n) => adjointAt(theModel, n, step)))];
  }
  const node = theModel.nodes[box.node];
  const value = valueAt(node, step);
  const adjoint = adjointAt(theModel, node, step);
  return [
    value === null ? UNKNOWN : node.isLeaf ? showInput(value) : showNumber(value),
    adjoint === null ? UNKNOWN : showNumber(adjoint),
  ];
}

function describe(box, value, adjoint) {
  if (!theModel.isSwept) return say(words.node_value, box.name, value);
  return say(words.node_label, box.name, value, adjoint);
}

function updateBox(box, step) {
  const [value, adjoint] = numbersOf(box, step);
  if (box.shown === `${value} ${adjoint}`) return;
  box.shown = `${value} ${adjoint}`;
  setNumber(box.value, value, box.width - 10);
  setNumber(box.adjoint, theModel.isSwept ? adjoint : "", box.width - 10);
  box.value.classList.toggle("unknown", value === UNKNOWN);
  box.adjoint.classList.toggle("unknown", adjoint === UNKNOWN);
  box.element.setAttribute("aria-label", describe(box, value, adjoint));
}

// Boxes and edges that a step lights, each with the class that it gets.
function lightsOf(layout, step) {
  const lights = new Map();
  const { kind, node } = theModel.steps[step];
  if (kind === "start") return lights;
  const box = layout.boxOf.get(node);
  const pass = kind === "forward" ? "forward" : "backward";
  for (const operand of theModel.nodes[node].operands) {
    if (operand.node === undefined || kind === "seed") continue;
    if (pass === "backward" && operand.contribution === undefined) continue;
    const from = layout.boxOf.get(operand.node);
    for (const edge of layout.edgesOf.get(`${from.index} ${box.index}`) ?? []) lights.set(edge, pass);
    lights.set(from.element, pass === "forward" ? "operand" : "receives");
  }
  lights.set(box.element, `current ${pass}`);
  return lights;
}

function light(made, style, isOn) {
  for (const name of style.split(" ")) made.classList.toggle(name, isOn);
}

function updateLights(layout, step) {
  const lights = lightsOf(layout, step);
  for (const [made, style] of layout.lights ?? []) if (lights.get(made) !== style) light(made, style, false);
  for (const [made, style] of lights) light(made, style, true);
  layout.lights = lights;
}

// Beside nodes that receive several times: the sum as far as it is.
function updateSums(layout, step) {
  for (const box of layout.summed ?? []) setText(box.sum, "");
  const { kind } = theModel.steps[step];
  const changed = kind === "backward" ? changedBy(theModel, step) : [];
  layout.summed = changed.map((node) => layout.boxOf.get(node)).filter((box) => box.node !== undefined);
  for (const box of layout.summed) setText(box.sum, sumSoFar(theModel.nodes[box.node], step) ?? "");
}

function updateTabOrder(layout, step) {
  const reachable =
    layout.boxes.length <= FULL_TAB_ORDER
      ? layout.boxes
      : [layout.boxOf.get(theModel.steps[step].node ?? theModel.output)];
  for (const box of layout.reachable ?? []) box.element.setAttribute("tabindex", -1);
  for (const box of reachable) box.element.setAttribute("tabindex", 0);
  layout.reachable = reachable;
}

function updateGraph(layout, step) {
  const changed = changedBetween(theModel, layout.step ?? null, step);
  for (const box of new Set([...changed].map((node) => layout.boxOf.get(node)))) updateBox(box, step);
  layout.step = step;
  updateLights(layout, step);
  updateSums(layout, step);
  if (layout.boxes.length > FULL_TAB_ORDER || layout.reachable === undefined) updateTabOrder(layout, step);
}
