// SPDX-License-Identifier: MIT
// Each step of both passes, forward to the last and back to the first, beside the engine's JSON.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

const UNKNOWN = "—";

// What a reader sees: of each box the numbers and whether it is lit, of each row the same, and the step.
function seen() {
  const text = (made, style) => made.querySelector(style)?.textContent ?? null;
  const boxes = [...document.querySelectorAll("#graph .node")].map((made) => ({
    value: text(made, ".value"),
    adjoint: text(made, ".adjoint"),
    isCurrent: made.classList.contains("current"),
    isOperand: made.classList.contains("operand"),
    isReceiver: made.classList.contains("receives"),
    label: made.getAttribute("aria-label"),
  }));
  const rows = [...document.querySelectorAll("#table tr[data-node]")].map((row) => ({
    node: Number(row.dataset.node),
    value: text(row, "td.value"),
    adjoint: text(row, "td.adjoint"),
    isCurrent: row.classList.contains("current"),
    receives: row.classList.contains("receives"),
  }));
  const results = [...document.querySelectorAll("#line .result")].map((made) => made.textContent);
  const links = [...document.querySelectorAll("#graph .link.forward, #graph .link.backward")].map(
    (made) => made.classList[1],
  );
  return {
    boxes,
    rows,
    links,
    results,
    counter: byId("counter").textContent,
    live: byId("live").textContent,
    slider: byId("slider").value,
  };
}

function checkNumber(shown, x, what) {
  if (x === undefined) same(shown, UNKNOWN, what);
  else check(engine.shows(shown, x), `${what}: ${shown} is not ${x}`);
}

// At the end what nothing was passed to is 0.
function adjointOf(json, states, k, node) {
  const known = states[k].adjoints.get(node);
  if (known !== undefined || k < states.length - 1) return known;
  return engine.number(json.nodes[node].adjoint);
}

// Nodes that receive nothing show their 0 when their turn is over; that is no claim of a step's JSON.
function isLeftOut(json, states, k, node) {
  return k < states.length - 1 && !states.at(-1).adjoints.has(node) && states[k].adjoints.get(node) === undefined;
}

function checkNodes(json, states, k, view) {
  for (const { index } of json.nodes) {
    const value = states[k].values.get(index);
    const adjoint = adjointOf(json, states, k, index);
    checkNumber(view.boxes[index].value, value, `step ${k}, value in box ${index}`);
    checkNumber(view.rows[index].value, value, `step ${k}, value in row ${index}`);
    if (isLeftOut(json, states, k, index)) continue;
    checkNumber(view.boxes[index].adjoint, adjoint, `step ${k}, adjoint in box ${index}`);
    checkNumber(view.rows[index].adjoint, adjoint, `step ${k}, adjoint in row ${index}`);
  }
}

// Of several contributions the terms stand before their sum.
function checkTerms(states, k, view) {
  for (const [node, terms] of states[k].terms) {
    if (terms.length < 2 || terms.length > 3) continue;
    const shown = view.rows[node].adjoint
      .split(" = ")[0]
      .replace(/([+−]) /g, "$1")
      .split(" ");
    same(shown.length, terms.length, `step ${k}, terms of row ${node}`);
    terms.forEach((term, n) => check(engine.shows(shown[n], term), `step ${k}: ${shown[n]} is not ${term}`));
  }
}

const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
const those = (list, key) => list.map((item, index) => (item[key] ? index : -1)).filter((index) => index >= 0);

// The node of the step, what it takes from or gives to, and the edges between them.
function checkLights(json, step, k, view) {
  const current = step.node === undefined ? [] : [step.node];
  const operands =
    step.kind === "forward"
      ? json.nodes[step.node].operands.filter((o) => o.node !== undefined).map((o) => o.node)
      : [];
  const receivers = (step.contributions ?? []).map((c) => c.to);
  same(those(view.boxes, "isCurrent"), current, `step ${k}, lit boxes`);
  same(those(view.rows, "isCurrent"), current, `step ${k}, lit rows`);
  same(those(view.boxes, "isOperand"), sorted(operands), `step ${k}, boxes of operands`);
  same(those(view.boxes, "isReceiver"), sorted(receivers), `step ${k}, boxes that receive`);
  same(those(view.rows, "receives"), sorted(receivers), `step ${k}, rows that receive`);
  same(
    view.links,
    [...operands, ...receivers].map(() => step.kind),
    `step ${k}, lit edges`,
  );
}

// The last line of what each operand receives ends in its contribution, or the sum so far.
function checkResults(json, step, k, view) {
  const contributions = step.contributions ?? [];
  if (step.kind === "forward")
    check(engine.shows(view.results.at(-1), engine.number(json.nodes[step.node].value)), `step ${k}: ${view.results}`);
  if (contributions.length > 4) return;
  for (const c of contributions) {
    const x = engine.number(c.contribution);
    check(
      view.results.some((text) => engine.shows(text.replace(/·10(−?\d+)$/, "e$1"), x)),
      `step ${k}: ${x} is not among ${view.results}`,
    );
  }
}

function checkStep(json, { steps, states }, k, view) {
  same(view.counter, `${k} / ${steps.length - 1}`, "counter");
  same(view.slider, String(k), "slider");
  check(view.live.length > 0, "nothing is said to a screen reader");
  check(!/\p{Script=Han}\. /u.test(view.live), `an English full stop in ${view.live}`);
  checkNodes(json, states, k, view);
  checkTerms(states, k, view);
  checkLights(json, steps[k], k, view);
  checkResults(json, steps[k], k, view);
}

const isDisabled = async (page, button) => (await page.getAttribute(button, "aria-disabled")) === "true";

async function stepsOf(browser, example, file) {
  const json = example.json;
  const all = engine.statesOf(json);
  const page = await pages.open(browser, file);
  const last = all.steps.length - 1;
  for (let k = 0; k <= last; k++) {
    checkStep(json, all, k, await page.evaluate(seen));
    if (k < last) await page.click("#next");
  }
  check(await isDisabled(page, "#next"), "there is a step after the last");
  for (let k = last; k > 0; k--) {
    await page.click("#previous");
    checkStep(json, all, k - 1, await page.evaluate(seen));
  }
  check(await isDisabled(page, "#previous"), "there is a step before the first");
  same(page.faults, [], "faults");
  await pages.close(page);
}

module.exports = async (browser, examples) => {
  for (const example of examples)
    for (const language of ["en", "zh"])
      await test(`${example.name} (${language}) shows the engine's numbers at every step, there and back`, () =>
        stepsOf(browser, example, example.files[language]));
};
