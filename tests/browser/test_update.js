// SPDX-License-Identifier: MIT
// One step down the gradient: what every parameter becomes, beside the engine's JSON.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

const SIZES = ["explain", "--sizes=2,3,2", "--seed=5", "--rate=.5"];
const MAZUR = [...pages.MAZUR, "--rate=.5", "--hold-biases", "--digits=9"];

const cells = () => [...document.querySelectorAll("#table td.after")].map((cell) => cell.textContent);

// Weights and biases of each layer in the order of the nodes; biases that are held have no number.
function expected(json, isHeld) {
  return json.step.layers.map((layer) => [...layer.w, ...(isHeld ? [] : layer.b)]).flat();
}

async function updates(browser, args) {
  const json = pages.json(...args, "--by=layer");
  const page = await pages.open(browser, pages.write("update", ...args));
  const after = expected(json, args.includes("--hold-biases"));
  same((await page.evaluate(cells)).filter((text) => text === "—").length, after.length, "unknown at first");
  check(!(await page.isVisible("#after")), "the cost after the step is shown too soon");
  await page.keyboard.press("End");
  const shown = (await page.evaluate(cells)).filter((text) => text !== "");
  same(shown.length, after.length, "parameters after the step");
  const byValue = (a, b) => a - b;
  const numbers = shown.map(engine.lastNumber).sort(byValue);
  [...after].sort(byValue).forEach((x, k) => check(engine.shows(String(numbers[k]), x), `${numbers[k]} is not ${x}`));
  const sentence = await page.textContent("#after p");
  check(engine.shows(sentence.replace(/\.( The.*)?$/, ""), json.step.cost_after), sentence);
  check((await page.textContent("#after h3")).includes("0.5"), "the heading has no η");
  same(page.faults, [], "faults");
  await pages.close(page);
}

// What becomes of a weight is known as soon as its derivative is.
async function inTime(browser) {
  const page = await pages.open(browser, pages.write("update", ...SIZES));
  const wrong = await page.evaluate(() => {
    const found = [];
    for (let step = 0; step <= theModel.lastStep; step++) {
      goTo(step);
      for (const row of document.querySelectorAll("#table tr[data-node]")) {
        const text = row.querySelector("td.after").textContent;
        const node = theModel.nodes[row.dataset.node];
        const isKnown = text !== "" && text !== "—";
        if (isKnown && step < completeStep(theModel, node)) found.push(`${node.label} at ${step}`);
      }
    }
    return found;
  });
  same(wrong, [], "known too soon");
  await pages.close(page);
}

// w_5 of Mazur's example, and its total error.
async function mazur(browser) {
  const page = await pages.open(browser, pages.write("update", ...MAZUR));
  await page.keyboard.press("End");
  check((await page.evaluate(cells)).includes("0.35891648"), "w_5 does not become 0.35891648");
  check((await page.textContent("#after")).includes("0.291027774"), "the total error does not become 0.291027774");
  await pages.close(page);
}

async function withoutRate(browser) {
  const page = await pages.open(browser, pages.write("update", "explain", "--sizes=2,2,1"));
  await page.keyboard.press("End");
  same(await page.evaluate(cells), [], "cells after a step that is not taken");
  check(!(await page.isVisible("#after")), "there is a step");
  await pages.close(page);
}

module.exports = async (browser) => {
  await test("parameters after the step are the engine's", () => updates(browser, SIZES));
  await test("biases that are held have none", () => updates(browser, [...SIZES, "--hold-biases"]));
  await test("with subtracted biases they are the tape's", () =>
    updates(browser, [...SIZES, "--convention=row-minus-bias"]));
  await test("a parameter after the step is known when its derivative is", () => inTime(browser));
  await test("Mazur's w_5 and total error after the step", () => mazur(browser));
  await test("without a rate there is no step", () => withoutRate(browser));
};
