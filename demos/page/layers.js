// SPDX-License-Identifier: MIT
// The layers of a network: neurons in columns, weights by sign and size, what goes forward and what comes back.
"use strict";

const COLUMN_WIDTH = 190;
const ROW_HEIGHT = 104;
const RADIUS = 25;
const MOST_NEURONS = 5; // a wider layer shows its first ones and the last
const FIRST_SHOWN = 3;
const LAST_SHOWN = 1;

const layerView = { neurons: [], weights: [], lit: [] };

// Which neurons of a layer are shown; null stands for those between.
function neuronsShown(width) {
  const all = Array.from({ length: width }, (_, j) => j);
  return width <= MOST_NEURONS ? all : [...all.slice(0, FIRST_SHOWN), null, ...all.slice(-LAST_SHOWN)];
}

function placeNeurons(layers, height) {
  return layers.map((layer, l) => {
    const shown = neuronsShown(layer.width);
    const top = (height - shown.length * ROW_HEIGHT) / 2 + ROW_HEIGHT / 2;
    return shown.map((j, place) => ({ l, j, x: 80 + l * COLUMN_WIDTH, y: top + place * ROW_HEIGHT }));
  });
}

// ------------------------------------------------------------------------------------------- weights

function weightNode(layers, l, j, k) {
  return layers[l].weights + j * layers[l - 1].width + k;
}

function drawWeight(from, to, index, largest) {
  const w = theModel.nodes[index].value;
  const sign = w < 0 ? "negative" : "positive";
  const width = 0.6 + 4.4 * Math.min(1, Math.abs(w) / largest);
  const ends = { x1: from.x + RADIUS, y1: from.y, x2: to.x - RADIUS, y2: to.y };
  const line = svg("line", { ...ends, class: `weight ${sign}`, "stroke-width": width.toFixed(2) });
  const touch = svg("line", { ...ends, class: "touch" });
  const made = svg("g", { class: "wire", role: "img", "data-node": index }, touch, line);
  layerView.weights.push({ index, element: made, to });
  return made;
}

function largestWeight(layers) {
  let largest = 0;
  layers.slice(1).forEach((layer, l) => {
    for (let k = 0; k < layer.width * layers[l].width; k++)
      largest = Math.max(largest, Math.abs(theModel.nodes[layer.weights + k].value));
  });
  return largest || 1;
}

function drawWeights(layers, places) {
  const largest = largestWeight(layers);
  const made = [];
  for (let l = 1; l < layers.length; l++) {
    for (const to of places[l]) {
      for (const from of places[l - 1]) {
        if (to.j !== null && from.j !== null)
          made.push(drawWeight(from, to, weightNode(layers, l, to.j, from.j), largest));
      }
    }
  }
  return made;
}

// A skip connection adds the activation of an earlier layer.
function drawSkips(layers, places) {
  const made = [];
  layers.forEach((layer, l) => {
    if (!layer.skip) return;
    for (const to of places[l]) {
      const from = places[l - layer.skip].find((place) => place.j === to.j);
      if (to.j === null || !from) continue;
      const lift = from.y - 46;
      made.push(
        svg("path", {
          class: "skip",
          d: `M${from.x + RADIUS} ${from.y}C${from.x + 80} ${lift} ${to.x - 80} ${lift} ${to.x - RADIUS} ${to.y}`,
        }),
      );
    }
  });
  return made;
}

// ------------------------------------------------------------------------------------------- neurons

function drawGap(place, width) {
  const between = width - FIRST_SHOWN - LAST_SHOWN;
  return svg(
    "g",
    {},
    svg("text", { class: "gap", x: place.x, y: place.y - 4, "text-anchor": "middle" }, "⋮"),
    svg(
      "text",
      { class: "gap count", x: place.x, y: place.y + 16, "text-anchor": "middle" },
      say(words.more, showCount(between)),
    ),
  );
}

function drawNeuron(layers, place) {
  if (place.j === null) return drawGap(place, layers[place.l].width);
  const { x, y, l, j } = place;
  const layer = layers[l];
  const neuron = { ...place, a: layer.a + j, z: l > 0 ? layer.z + j : null };
  const text = (style, dy, ...children) =>
    svg("text", { class: style, x, y: y + dy, "text-anchor": "middle" }, ...children);
  neuron.value = text("value", 4);
  neuron.delta = text("adjoint", RADIUS + 17);
  const name = text("label", -RADIUS - 8, ...labelSpans(theModel.nodes[neuron.a].label));
  const parts = [svg("circle", { cx: x, cy: y, r: RADIUS }), name, neuron.value, neuron.delta];
  if (l === layers.length - 1) parts.push(drawTarget(place));
  neuron.element = svg(
    "g",
    { class: "neuron", tabindex: 0, role: "img", "data-neuron": layerView.neurons.length },
    ...parts,
  );
  layerView.neurons.push(neuron);
  return neuron.element;
}

function drawTarget({ x, y, j }) {
  const { target, targets } = theGraph.network;
  const text = `${target} = ${showInput(numberOf(targets[j]))}`;
  return svg("text", { class: "target", x: x + RADIUS + 12, y: y + 4 }, text);
}

function startLayers(network) {
  const layers = network.layers;
  const height = Math.max(...layers.map((layer) => neuronsShown(layer.width).length)) * ROW_HEIGHT + 12;
  const width = 80 + (layers.length - 1) * COLUMN_WIDTH + 150;
  const places = placeNeurons(layers, height);
  const neurons = places.flat().map((place) => drawNeuron(layers, place));
  const picture = svg(
    "svg",
    { class: "layers", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": words.layers },
    svg("g", {}, ...drawSkips(layers, places)),
    svg("g", {}, ...drawWeights(layers, places)),
    svg("g", {}, ...neurons),
  );
  picture.style.width = `${Math.round(1.15 * width)}px`;
  picture.style.minWidth = `${Math.round(0.62 * width)}px`;
  byId("layers").append(picture);
  watchLayers(picture);
}

// ------------------------------------------------------------------------------------------ pointing

// Name and number, or a dash while it is unknown.
function noteOf(math, number, isKnown) {
  return `<mrow>${math}</mrow>${EQUALS}${isKnown ? mathNumber(number) : `<mtext>${UNKNOWN}</mtext>`}`;
}

function noteOfNode(index, step) {
  const node = theModel.nodes[index];
  const output = theModel.nodes[theModel.output];
  const notes = [noteOf(node.math, node.value, valueAt(node, step) !== null)];
  if (theModel.isSwept)
    notes.push(noteOf(derivative(output, node), node.adjoint, step >= completeStep(theModel, node)));
  return notes;
}

function noteOfNeuron(neuron, step) {
  const layer = theGraph.network.layers[neuron.l];
  if (neuron.z === null) return noteOfNode(neuron.a, step);
  const bias = layer.biases === null ? [] : noteOfNode(layer.biases + neuron.j, step);
  const z = theModel.nodes[neuron.z];
  const delta = noteOf(layer.deltas[neuron.j], deltaOf(neuron), step >= completeStep(theModel, z));
  const a = theModel.nodes[neuron.a];
  const values = [noteOf(z.math, z.value, valueAt(z, step) !== null)];
  if (neuron.a !== neuron.z) values.push(noteOf(a.math, a.value, valueAt(a, step) !== null));
  return theModel.isSwept ? [...values, delta, ...bias] : [...values, ...bias];
}

function showLayerNote(notes) {
  const box = byId("layers-note");
  box.hidden = notes === null;
  if (notes !== null) box.replaceChildren(...notes.map((note) => fragment(math(note))));
}

function pointAt(target) {
  const neuron = target.closest?.("[data-neuron]");
  const wire = target.closest?.("[data-node]");
  if (neuron) showLayerNote(noteOfNeuron(layerView.neurons[neuron.dataset.neuron], thePlayer.step));
  else if (wire) showLayerNote(noteOfNode(Number(wire.dataset.node), thePlayer.step));
  else showLayerNote(null);
}

function watchLayers(picture) {
  for (const event of ["pointerover", "focusin", "click"]) picture.addEventListener(event, (e) => pointAt(e.target));
  for (const event of ["pointerleave", "focusout"]) picture.addEventListener(event, () => showLayerNote(null));
  showLayerNote(null);
}

// ------------------------------------------------------------------------------------------ one step

// δ in the signs of the convention.
function deltaOf(neuron) {
  const delta = theModel.nodes[neuron.z].adjoint;
  return delta === 0 ? 0 : delta * theGraph.network.delta_sign;
}

function showNeuron(neuron, step) {
  const a = theModel.nodes[neuron.a];
  const z = neuron.z === null ? a : theModel.nodes[neuron.z];
  const value = valueAt(a, step) ?? valueAt(z, step);
  const isOnlyZ = valueAt(a, step) === null && value !== null;
  const shown = value === null ? UNKNOWN : isOnlyZ ? `z ${showNumber(value, 2)}` : showNumber(value, 3);
  setText(neuron.value, shown);
  neuron.value.style.fontSize = `${fittingSize(12.5, shown.length, 2 * RADIUS - 8)}px`;
  neuron.value.classList.toggle("unknown", value === null);
  if (neuron.z !== null && theModel.isSwept) {
    const isKnown = step >= completeStep(theModel, z);
    setText(neuron.delta, `δ ${isKnown ? showNumber(deltaOf(neuron), 4) : UNKNOWN}`);
    neuron.delta.classList.toggle("unknown", !isKnown);
  }
  const texts = [a.label, neuron.value.textContent, neuron.delta.textContent];
  neuron.element.setAttribute("aria-label", texts.join(words.comma));
}

// The keyboard reaches every weight, or where there are many those of the step.
function showWeight({ index, element: wire }, step, isLit) {
  const node = theModel.nodes[index];
  const adjoint = step >= completeStep(theModel, node) ? showNumber(node.adjoint) : UNKNOWN;
  wire.setAttribute("aria-label", describe({ name: node.label }, showInput(node.value), adjoint));
  wire.setAttribute("tabindex", isLit || layerView.weights.length <= FULL_TAB_ORDER ? 0 : -1);
}

// The neurons and weights of a step: of its own node, and of those that it takes from or gives to.
function layerLights(step) {
  const { kind, node } = theModel.steps[step];
  if (kind === "start") return [];
  const pass = kind === "forward" ? "forward" : "backward";
  const touched = new Set([node, ...theModel.nodes[node].operands.map((operand) => operand.node)]);
  const layers = theGraph.network.layers;
  const own = (n) => [n.a, n.z, n.l > 0 ? layers[n.l].sums + n.j : null].includes(node);
  const neurons = layerView.neurons.filter(own).map((n) => [n.element, `current ${pass}`]);
  const wires = layerView.weights.filter((w) => touched.has(w.index)).map((w) => [w.element, pass]);
  return [...neurons, ...wires];
}

function updateLayers(step) {
  for (const neuron of layerView.neurons) showNeuron(neuron, step);
  for (const [made, style] of layerView.lit) light(made, style, false);
  layerView.lit = layerLights(step);
  for (const [made, style] of layerView.lit) light(made, style, true);
  const lit = new Set(layerView.lit.map(([made]) => made));
  for (const weight of layerView.weights) showWeight(weight, step, lit.has(weight.element));
}
