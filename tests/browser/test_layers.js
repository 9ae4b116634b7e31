// SPDX-License-Identifier: MIT
// Wide layers, the legend of δ, weights by the keyboard, folding while paths are shown, and the room that it all takes.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

// More nodes than a call has room for as arguments.
async function huge(browser) {
  const args = ["explain", "--sizes=784,200,10", "--output=softmax"];
  const page = await pages.open(browser, pages.write("huge", ...args));
  check(await page.isVisible("#player"), "there is no player");
  const range = await page.evaluate(() => {
    const box = stage.layout.boxes.find((b) => b.node === undefined && b.nodes.length > 100000);
    const values = box.nodes.map((index) => theModel.nodes[index].value).sort((a, b) => a - b);
    return [box.value.textContent, values[0], values[values.length - 1]];
  });
  const [low, high] = range[0].split(" … ").map(engine.lastNumber);
  check(Math.abs(low - range[1]) <= 0.06 * Math.abs(range[1]), `${low} is not the least, ${range[1]}`);
  check(Math.abs(high - range[2]) <= 0.06 * Math.abs(range[2]), `${high} is not the largest, ${range[2]}`);
  same(page.faults, [], "faults");
  await pages.close(page);
}

// Where biases are subtracted, the number shown at a neuron is the derivative by its bias.
async function legend(browser) {
  for (const [convention, word] of [
    ["half-mean", "by z"],
    ["row-minus-bias", "by the bias"],
  ]) {
    const args = ["explain", "--sizes=2,2,1", `--convention=${convention}`];
    const page = await pages.open(browser, pages.write("legend", ...args));
    await page.click("#show-layers");
    const text = await page.textContent("#legend");
    check(text.includes(`δ: the derivative of the cost ${word}`), `${convention}: ${text}`);
    await page.keyboard.press("End");
    const [shown, adjoint] = await page.evaluate(() => {
      const neuron = layerView.neurons.find((n) => n.z !== null);
      return [neuron.delta.textContent, theModel.nodes[neuron.z].adjoint];
    });
    check(engine.shows(shown, word === "by z" ? adjoint : -adjoint), `${convention}: ${shown} beside ${adjoint}`);
    await pages.close(page);
  }
}

const tabbed = () =>
  layerView.weights.map(({ element }) => [element.getAttribute("tabindex"), element.getAttribute("aria-label")]);

// All weights of a small network; of a large one those of the step.
async function weights(browser, { json, files }) {
  const page = await pages.open(browser, files.en);
  await page.click("#show-layers");
  await page.keyboard.press("End");
  const wires = await page.evaluate(tabbed);
  same(
    wires.map(([index]) => index),
    wires.map(() => "0"),
    "weights that Tab reaches",
  );
  const indices = await page.evaluate(() => layerView.weights.map((weight) => weight.index));
  wires.forEach(([, label], k) =>
    check(engine.shows(label, engine.number(json.nodes[indices[k]].adjoint)), `${label} of weight ${indices[k]}`),
  );
  await page.locator("#layers .wire").nth(2).focus();
  check((await page.textContent("#layers-note")).includes("∂"), "a weight with the focus shows no numbers");
  await pages.close(page);
  const large = await pages.open(browser, pages.write("many-weights", "explain", "--sizes=9,9,9,9,9,9,9,9"));
  await large.click("#show-layers");
  const most = await large.evaluate(() => {
    let count = 0;
    for (let at = 0; at <= theModel.lastStep; at++) {
      goTo(at);
      count = Math.max(count, document.querySelectorAll("#layers .wire[tabindex='0']").length);
    }
    return [count, layerView.weights.length];
  });
  check(most[0] > 0 && most[0] <= 16 && most[1] > 80, `${most[0]} of ${most[1]} weights can be reached`);
  await pages.close(large);
}

// The paths of a node that was pinned are gone with the boxes.
async function fold(browser) {
  const page = await pages.open(browser, `${process.env.PAGES}/many-weights.html`);
  await page.click("#fold");
  await page.locator("#graph .node").first().click();
  check(await page.isVisible("#paths"), "no paths are shown");
  await page.click("#fold");
  await page.mouse.move(5, 5);
  check(!(await page.isVisible("#paths")), "the paths stay");
  same(await page.locator("#stage.tracing").count(), 0, "stages that are dimmed");
  await pages.close(page);
}

// With scroll bars that take room the page finds its size and keeps it, however high the window is.
async function calm() {
  const browser = await pages.launch({ ignoreDefaultArgs: ["--hide-scrollbars"] });
  try {
    const formula = "y = sin(cos(exp(a)*b) + b)*a + log(b)";
    const page = await pages.open(browser, pages.write("calm", "explain", formula, "a=1", "b=2"));
    await page.evaluate(() => {
      window.changes = 0;
      new ResizeObserver(() => window.changes++).observe(byId("graph"));
    });
    for (let height = 700; height <= 900; height += 2) {
      await page.setViewportSize({ width: 1000, height });
      const count = await page.evaluate(async () => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        for (let k = 0; k < 4; k++) await frame();
        const before = window.changes;
        for (let k = 0; k < 4; k++) await frame();
        return window.changes - before;
      });
      same(count, 0, `changes of size at a height of ${height}`);
    }
  } finally {
    await browser.close();
  }
}

// The outline of a box at the border of the graph is not cut.
async function outlines(browser, { files }) {
  const page = await pages.open(browser, files.en);
  same(
    await page.evaluate(() => getComputedStyle(document.querySelector("svg.graph")).overflow),
    "visible",
    "overflow",
  );
  await pages.close(page);
}

module.exports = async (browser, network) => {
  await test("a layer of 156,800 weights is shown", () => huge(browser));
  await test("the legend says what δ is in the convention", () => legend(browser));
  await test("weights are reached by the keyboard, with their numbers", () => weights(browser, network));
  await test("folding ends the paths of a node", () => fold(browser));
  await test("the page keeps its size with scroll bars that take room", () => calm());
  await test("outlines at the border are whole", () => outlines(browser, network));
};
