// SPDX-License-Identifier: MIT
// Pointing at a node: its paths, their products and their sum, beside those of the JSON's edges.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

function seen() {
  const items = [...document.querySelectorAll("#paths li")];
  return {
    products: items.map((item) => Number(item.dataset.product)),
    texts: items.map((item) => item.textContent),
    sum: document.querySelector("#paths .sum")?.textContent ?? null,
    head: document.querySelector("#paths .head").textContent,
    lit: [...document.querySelectorAll("#graph .node.on-path")].map((made) => Number(made.dataset.box)),
    links: document.querySelectorAll("#graph .link.on-path").length,
  };
}

const close = (a, b) => Math.abs(a - b) <= 1e-12 * Math.max(1e-12, Math.abs(a), Math.abs(b));

// Every node that is on a path from this one to the output, and how many links there are between them: operands that
// are the same node share one.
function nodesOnPaths(json, node) {
  const leads = new Set([json.output]);
  for (const edge of [...json.edges].reverse()) if (leads.has(edge.to)) leads.add(edge.from);
  const on = new Set([node]);
  for (const edge of json.edges) if (on.has(edge.from) && leads.has(edge.to)) on.add(edge.to);
  const edges = json.edges.filter((edge) => on.has(edge.from) && leads.has(edge.to));
  return { on, links: new Set(edges.map((edge) => `${edge.from} ${edge.to}`)).size };
}

function checkPaths(json, node, view) {
  const products = engine
    .pathsOf(json)(node)
    .sort((a, b) => Math.abs(b) - Math.abs(a));
  const adjoint = engine.number(json.nodes[node].adjoint);
  check(view.head.includes(String(products.length)), `${view.head}: there are ${products.length}`);
  same(view.products.length, Math.min(6, products.length), `paths of ${node}`);
  view.products.forEach((x, k) =>
    check(close(Math.abs(x), Math.abs(products[k])), `path ${k} of ${node}: ${x}, not ${products[k]}`),
  );
  view.texts.forEach((text, k) =>
    check(engine.shows(text.replace(/·10(−?\d+)$/, "e$1"), view.products[k]), `${text} is not ${view.products[k]}`),
  );
  check(
    close(
      products.reduce((a, b) => a + b, 0),
      adjoint,
    ),
    `the sum of the paths of ${node} is not its adjoint`,
  );
  check(
    engine.shows(
      view.sum
        .replace(/·10(−?\d+)/g, "e$1")
        .split(/[…⋯(]/)
        .at(-1),
      adjoint,
    ),
    `${view.sum} does not end in ${adjoint}`,
  );
  const { on, links } = nodesOnPaths(json, node);
  same(
    view.lit.sort((a, b) => a - b),
    [...on].sort((a, b) => a - b),
    `lit by ${node}`,
  );
  same(view.links, links, `links lit by ${node}`);
}

async function pathsOf(browser, { json, files }) {
  const page = await pages.open(browser, files.en);
  for (const { index } of json.nodes) {
    if (index === json.output) continue;
    await page.hover(`#graph [data-box="${index}"]`);
    checkPaths(json, index, await page.evaluate(seen));
  }
  await page.mouse.move(5, 5);
  check(!(await page.isVisible("#paths")), "the paths stay when the pointer is gone");
  same(page.faults, [], "faults");
  await pages.close(page);
}

async function tap(browser, { json, files }) {
  const page = await pages.open(browser, files.en, { width: 390, height: 844, hasTouch: true });
  await page.tap('#graph [data-box="0"]');
  checkPaths(json, 0, await page.evaluate(seen));
  await page.tap("#title");
  await page.keyboard.press("Escape");
  check(!(await page.isVisible("#paths")), "Escape leaves the paths");
  await pages.close(page);
}

// So many that they are counted and the largest few listed: 3^5 through layers of three.
async function many(browser) {
  const args = ["explain", "--sizes=2,3,3,3,3,3,1", "--seed=3"];
  const json = pages.json(...args, "--by=node");
  const page = await pages.open(browser, pages.write("many", ...args));
  await page.evaluate(() => traceFrom(theGraph.network.layers[0].a));
  const view = await page.evaluate(seen);
  const products = engine
    .pathsOf(json)(json.nodes.find((node) => node.label === "a^0_1").index)
    .map(Math.abs)
    .sort((a, b) => b - a);
  same(products.length, 243, "paths");
  check(view.head.includes("243"), view.head);
  view.products.forEach((x, k) => check(close(Math.abs(x), products[k]), `${x} is not number ${k} of the largest`));
  check(view.sum.includes("237"), `${view.sum}: 237 more`);
  await pages.close(page);
}

module.exports = async (browser, examples) => {
  for (const example of examples)
    await test(`${example.name}: pointing at a node shows all its paths and their sum`, () =>
      pathsOf(browser, example));
  await test("tapping a node does, too", () => tap(browser, examples[0]));
  await test("of 243 paths the largest are listed, the others counted", () => many(browser));
};
