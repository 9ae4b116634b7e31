// SPDX-License-Identifier: MIT
// What the engine says is known after each step, from the JSON of the command; nothing of the page's own is used.
"use strict";

function number(x) {
  return typeof x === "string" ? { inf: Infinity, "-inf": -Infinity, nan: NaN }[x] : x;
}

// Step 0 knows the leaves; then each node in its order; then the output's adjoint; then each step of the sweep.
function makeSteps(json) {
  const steps = [{ kind: "start" }];
  for (const node of json.nodes) if (node.operands.length > 0) steps.push({ kind: "forward", node: node.index });
  if (json.steps === null) return steps;
  steps.push({ kind: "seed", node: json.output });
  for (const step of json.steps) steps.push({ kind: "backward", node: step.node, contributions: step.contributions });
  return steps;
}

// The numbers that are known after so many steps; undefined: not yet.
function makeState(json) {
  const values = new Map(
    json.nodes.filter((node) => node.operands.length === 0).map((node) => [node.index, number(node.value)]),
  );
  return { values, adjoints: new Map(), terms: new Map() };
}

function advance(state, step, json) {
  if (step.kind === "forward") state.values.set(step.node, number(json.nodes[step.node].value));
  if (step.kind === "seed") state.adjoints.set(step.node, 1);
  for (const c of step.contributions ?? []) {
    state.adjoints.set(c.to, number(c.after));
    state.terms.set(c.to, [...(state.terms.get(c.to) ?? []), number(c.contribution)]);
  }
}

// After each step, from 0 on: {values, adjoints, terms}.
function statesOf(json) {
  const steps = makeSteps(json);
  const state = makeState(json);
  const copy = () => ({
    values: new Map(state.values),
    adjoints: new Map(state.adjoints),
    terms: new Map(state.terms),
  });
  const states = steps.map((step) => {
    advance(state, step, json);
    return copy();
  });
  return { steps, states };
}

// Every path from a node to the output: the product of the derivatives along each.
function pathsOf(json) {
  const from = new Map();
  for (const edge of json.edges) from.set(edge.from, [...(from.get(edge.from) ?? []), edge]);
  const products = (node) =>
    node === json.output
      ? [1]
      : (from.get(node) ?? []).flatMap((e) => products(e.to).map((p) => number(e.derivative) * p));
  return products;
}

// "−0.1966", "1.2e−07", "0.2 + 0.05 = 0.25": the last number of a text.
function lastNumber(text) {
  const found = text.replace(/−/g, "-").match(/-?(\d[\d,]*\.?\d*(e[+-]?\d+)?|inf|nan)/g);
  return found === null
    ? NaN
    : number(/inf|nan/.test(found.at(-1)) ? found.at(-1) : Number(found.at(-1).replace(/,/g, "")));
}

// Whether a text shows a number with four significant digits.
function shows(text, x) {
  const shown = lastNumber(text);
  if (!Number.isFinite(x)) return Object.is(shown, x);
  return Math.abs(shown - x) <= 5.01e-4 * Math.abs(x);
}

module.exports = { statesOf, pathsOf, lastNumber, shows, number };
