// SPDX-License-Identifier: MIT
// Networks: layers, the four equations, folding, and 2,000 nodes.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

// δ of each shown neuron of the layers behind the inputs, in order.
function deltas() {
  return layerView.neurons.filter((neuron) => neuron.z !== null).map((neuron) => [neuron.z, neuron.delta.textContent]);
}

async function layers(browser, { json, files }) {
  const page = await pages.open(browser, files.en);
  await page.click("#show-layers");
  const { steps, states } = engine.statesOf(json);
  for (let k = 0; k < steps.length; k++) {
    for (const [z, text] of await page.evaluate(deltas)) {
      const adjoint = states[k].adjoints.get(z);
      if (adjoint === undefined) check(text.includes("—"), `step ${k}: ${text}`);
      else check(engine.shows(text, adjoint), `step ${k}: ${text} is not ${adjoint}`);
    }
    await page.keyboard.press("ArrowRight");
  }
  same(page.faults, [], "faults");
  await pages.close(page);
}

// Which formulas are lit when δ of an output, δ of a hidden neuron, a bias and a weight become known.
async function equations(browser, { json, files }) {
  const page = await pages.open(browser, files.en);
  const { steps } = engine.statesOf(json);
  const seen = new Set();
  for (let k = 0; k < steps.length; k++) {
    const lit = await page.evaluate(() =>
      [...document.querySelectorAll(".formulas:not([hidden]) li.lit")].map((line) => line.textContent.slice(0, 3)),
    );
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll("#step-equations .equation")].map((made) => made.textContent),
    );
    for (const name of lit) seen.add(name);
    same(shown.length > 0, lit.length > 0, `step ${k}: lit ${lit}, equations ${shown}`);
    for (const c of steps[k].contributions ?? []) {
      const label = json.nodes[c.to].label;
      if (!/^z\^2/.test(label)) continue;
      check(
        shown.some((text) => text.startsWith("δ") && engine.shows(text, engine.number(c.after))),
        `step ${k}: δ is not among ${shown}`,
      );
    }
    await page.keyboard.press("ArrowRight");
  }
  for (const name of ["BP1", "BP2", "BP3", "BP4"]) check(seen.has(name), `${name} is never lit`);
  await pages.close(page);
}

async function weights(browser, { files }) {
  const page = await pages.open(browser, files.en);
  await page.click("#show-layers");
  const lines = await page.evaluate(() =>
    layerView.weights.map(({ index, element }) => {
      const line = element.querySelector(".weight");
      return {
        w: theModel.nodes[index].value,
        width: Number(line.getAttribute("stroke-width")),
        isNegative: line.matches(".negative"),
        dash: getComputedStyle(line).strokeDasharray,
      };
    }),
  );
  check(lines.length > 0, "there are no weights");
  for (const a of lines) {
    same(a.isNegative, a.w < 0, `sign of ${a.w}`);
    same(a.dash !== "none", a.w < 0, `dashes of ${a.w}`);
    for (const b of lines) check(Math.abs(a.w) <= Math.abs(b.w) || a.width >= b.width, `${a.w} is thinner than ${b.w}`);
  }
  await page.hover("#layers .neuron >> nth=3");
  check((await page.textContent("#layers-note")).includes("z"), "a neuron shows no numbers");
  await pages.close(page);
}

async function shortened(browser) {
  const page = await pages.open(browser, pages.write("wide", "explain", "--sizes=64,10,10"));
  await page.click("#show-layers");
  const gaps = await page.evaluate(() =>
    [...document.querySelectorAll("#layers .gap.count")].map((made) => made.textContent),
  );
  same(
    gaps.map((text) => engine.lastNumber(text)),
    [60, 6, 6],
    "neurons that are left out",
  );
  await pages.close(page);
}

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

function timeSteps() {
  const times = [];
  for (let k = 0; k < 60; k++) {
    const begin = performance.now();
    goTo(k % 2 === 0 ? theModel.lastStep - k : k);
    document.body.getBoundingClientRect();
    const middle = performance.now();
    goTo(thePlayer.step + (k % 2 === 0 ? -1 : 1));
    document.body.getBoundingClientRect();
    times.push(performance.now() - middle);
    check_time(middle - begin);
  }
  return times;

  function check_time(time) {
    if (time > 2000) throw new Error(`a jump takes ${time} ms`);
  }
}

async function folded(browser) {
  const args = ["explain", "--sizes=35,35,20"];
  const json = pages.json(...args, "--by=node");
  check(json.nodes.length > 2000, "not large enough");
  const page = await pages.open(browser, pages.write("large", ...args));
  const boxes = await page.evaluate(() =>
    [...document.querySelectorAll("#graph .node")].map((made) => made.textContent),
  );
  check(boxes.length < 30, `${boxes.length} boxes are not folded`);
  check(
    boxes.some((text) => text.includes("35 × 35")),
    "no box says how many nodes it has",
  );
  await page.keyboard.press("End");
  same(await page.evaluate(() => document.querySelectorAll("#graph .node.current.group").length), 1, "lit groups");
  const slow = median(await page.evaluate(timeSteps));
  check(slow < 50, `a step takes ${slow} ms`);
  const rows = await page.evaluate(() => document.querySelectorAll("#table tr").length);
  check(rows < 200, `${rows} rows`);
  await page.click("#fold");
  await page.keyboard.press("End");
  same(await page.evaluate(() => document.querySelectorAll("#graph .node").length), json.nodes.length, "unfolded");
  const slowUnfolded = median(await page.evaluate(timeSteps));
  check(slowUnfolded < 50, `unfolded, a step takes ${slowUnfolded} ms`);
  console.log(
    `# ${json.nodes.length} nodes: a step takes ${slow.toFixed(1)} ms folded, ${slowUnfolded.toFixed(1)} ms unfolded`,
  );
  same(page.faults, [], "faults");
  await pages.close(page);
}

// The rows that come into sight are those of the step, with the engine's numbers.
async function rows(browser) {
  const args = ["explain", "--sizes=35,35,20"];
  const json = pages.json(...args, "--by=node");
  const page = await pages.open(browser, path("large"));
  await page.keyboard.press("End");
  await page.evaluate(() => (byId("table").scrollTop = 900 * theTable.rowHeight));
  await page.waitForFunction(() => document.querySelector('#table tr[data-node="905"]') !== null);
  const shown = await page.evaluate(() =>
    [...document.querySelectorAll("#table tr[data-node]")].map((row) => [
      Number(row.dataset.node),
      row.querySelector("td.adjoint").textContent,
    ]),
  );
  for (const [node, text] of shown)
    check(engine.shows(text, engine.number(json.nodes[node].adjoint)), `row ${node}: ${text}`);
  await page.keyboard.press("ArrowLeft");
  const isSeen = await page.evaluate(() => {
    const [row, box] = [document.querySelector("#table tr.current"), byId("table")].map((made) =>
      made?.getBoundingClientRect(),
    );
    return row !== undefined && row.top >= box.top && row.bottom <= box.bottom;
  });
  check(isSeen, "the row of the step is out of sight");
  await pages.close(page);

  function path(name) {
    return `${process.env.PAGES}/${name}.html`;
  }
}

module.exports = async (browser, network) => {
  await test("δ fills in beside the neurons", () => layers(browser, network));
  await test("each of BP1 to BP4 is lit with its numbers", () => equations(browser, network));
  await test("weights are drawn by sign and size, and pointing shows numbers", () => weights(browser, network));
  await test("wide layers are shortened", () => shortened(browser));
  await test("2,000 nodes are folded, unfold, and step in less than 50 ms", () => folded(browser));
  await test("the table of 2,000 nodes shows the engine's numbers where it is scrolled to", () => rows(browser));
};
