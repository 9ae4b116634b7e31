"use strict";
// The graph: drawn once from its layout; then a step changes what differs from before.

const LABEL_SIZE = 13;
const NUMBER_SIZE = 12;
const FULL_TAB_ORDER = 80; // with more boxes than that the keyboard reaches only those of the step

// ------------------------------------------------------------------------------------------ drawing

function boxTitle(box) {
  if (box.group !== undefined) return theGraph.groups[box.group];
  return theModel.nodes[box.node].label;
}

// A text that fits into so much room, by making it smaller.
function fittingSize(size, length, room) {
  return Math.min(size, room / (0.6 * length)).toFixed(1);
}

function drawTitle(box) {
  const title = boxTitle(box);
  const op = box.node !== undefined && !theModel.nodes[box.node].isLeaf ? theModel.nodes[box.node].op : "";
  const size = fittingSize(LABEL_SIZE, widthOf(title) + (op ? op.length + 1 : 0), box.width - 16);
  const y = box.y + box.height * 0.3;
  const made = [svg("text", { class: "label", x: box.x + 9, y, "font-size": size }, ...labelSpans(title))];
  if (op) made.push(svg("text", { class: "op", x: box.x + box.width - 9, y, "font-size": size, "text-anchor": "end" }, op));
  return made;
}

function drawBox(box, index) {
  const node = box.node !== undefined ? theModel.nodes[box.node] : null;
  const kind = node === null ? "group" : node.index === theModel.output ? "output" : node.isLeaf ? "leaf" : "inner";
  const line = (style, at) =>
    svg("text", { class: style, x: box.x + box.width - 9, y: box.y + box.height * at, "text-anchor": "end", "font-size": NUMBER_SIZE });
  const frame = svg("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 7 });
  box.value = line("value", 0.6);
  box.adjoint = line("adjoint", 0.87);
  box.sum = svg("text", { class: "sum", x: box.x + box.width / 2, y: box.y + box.height + 13, "text-anchor": "middle" });
  const class_ = `node ${kind}${node?.apart ? " apart" : ""}`;
  return svg("g", { class: class_, "data-box": index, role: "img", tabindex: -1 }, frame, ...drawTitle(box), box.value, box.adjoint, box.sum);
}

function drawEdges(layout) {
  const marker = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
    svg("path", { d: "M0 0.8 8 4 0 7.2z" }));
  const paths = layout.edges.map((edge) => (edge.element = svg("path", { class: "edge", d: edge.path, "marker-end": "url(#arrow)" })));
  return [svg("defs", {}, marker), svg("g", {}, ...paths)];
}

// The layout as a picture, with what leads from a node to its box and its edges.
function drawGraph(layout) {
  const boxes = layout.boxes.map((box, k) => (box.element = drawBox(box, k)));
  layout.boxOf = new Map();
  layout.boxes.forEach((box) => {
    for (const node of box.node !== undefined ? [box.node] : box.nodes) layout.boxOf.set(node, box);
  });
  layout.edgesOf = new Map();
  for (const edge of layout.edges) layout.edgesOf.set(`${edge.from} ${edge.to}`, edge);
  layout.boxes.forEach((box, k) => (box.index = k));
  return svg("svg", { class: "graph", viewBox: `0 0 ${layout.width} ${layout.height}`, role: "group", "aria-label": words.graph },
    ...drawEdges(layout), svg("g", {}, ...boxes));
}

// --------------------------------------------------------------------------------------- one step

// The least and the largest of what is known in a group: "−0.3 … 0.5".
function rangeOf(numbers) {
  const known = numbers.filter((x) => x !== null);
  if (known.length === 0) return UNKNOWN;
  const low = Math.min(...known);
  const high = Math.max(...known);
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
  return [value === null ? UNKNOWN : node.isLeaf ? showInput(value) : showNumber(value), adjoint === null ? UNKNOWN : showNumber(adjoint)];
}

function describe(box, value, adjoint) {
  if (!theModel.isSwept) return say(words.node_value, boxTitle(box), value);
  return say(words.node_label, boxTitle(box), value, adjoint);
}

function updateBox(box, step) {
  const [value, adjoint] = numbersOf(box, step);
  if (box.shown === `${value} ${adjoint}`) return;
  box.shown = `${value} ${adjoint}`;
  setText(box.value, value);
  setText(box.adjoint, theModel.isSwept ? adjoint : "");
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
    const edge = layout.edgesOf.get(`${from.index} ${box.index}`);
    if (edge) lights.set(edge.element, pass);
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
  const reachable = layout.boxes.length <= FULL_TAB_ORDER ? layout.boxes : [layout.boxOf.get(theModel.steps[step].node ?? theModel.output)];
  for (const box of layout.reachable ?? []) box.element.setAttribute("tabindex", -1);
  for (const box of reachable) box.element.setAttribute("tabindex", 0);
  layout.reachable = reachable;
}

function updateGraph(layout, step) {
  for (const box of layout.boxes) updateBox(box, step);
  updateLights(layout, step);
  updateSums(layout, step);
  if (layout.boxes.length > FULL_TAB_ORDER || layout.reachable === undefined) updateTabOrder(layout, step);
}
