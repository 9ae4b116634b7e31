// SPDX-License-Identifier: MIT
// Going through the steps by buttons, keys, slider, play and the address.
"use strict";

const { test, check, same } = require("./tap");
const fs = require("node:fs");
const pages = require("./pages");

const step = (page) => page.evaluate(() => Number(byId("slider").value));
const lastStep = (page) => page.evaluate(() => Number(byId("slider").max));

async function withPage(browser, file, options, body) {
  const page = await pages.open(browser, file, options);
  await body(page, await lastStep(page));
  same(page.faults, [], "faults");
  await pages.close(page);
}

async function keys(page, last) {
  const expected = [
    ["ArrowRight", 1],
    ["ArrowRight", 2],
    ["ArrowLeft", 1],
    ["End", last],
    ["ArrowRight", last],
    ["Home", 0],
    ["ArrowLeft", 0],
  ];
  for (const [key, at] of expected) {
    await page.keyboard.press(key);
    same(await step(page), at, `after ${key}`);
  }
}

async function buttons(page, last) {
  for (const [button, at] of [
    ["last", last],
    ["previous", last - 1],
    ["first", 0],
    ["next", 1],
  ]) {
    await page.click(`#${button}`);
    same(await step(page), at, `after ${button}`);
  }
}

async function slider(page, last) {
  await page.fill("#slider", String(last - 2));
  same(await step(page), last - 2, "slider");
  check((await page.textContent("#counter")).startsWith(`${last - 2} `), "the counter does not follow the slider");
  await page.focus("#slider");
  await page.keyboard.press("ArrowLeft");
  same(await step(page), last - 3, "an arrow key on the slider is one step");
}

async function play(page, last) {
  await page.selectOption("#speed", "150");
  await page.keyboard.press("Home");
  await page.focus("body");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press(" ");
  await page.waitForFunction((n) => Number(byId("slider").value) === n, last, { timeout: 20000 });
  await page.waitForFunction(() => !byId("player").classList.contains("playing"), null, { timeout: 5000 });
  await page.click("#play");
  check(
    await page.evaluate(() => Number(byId("slider").value) < Number(byId("slider").max)),
    "play does not begin again",
  );
  await page.click("#play");
  const here = await step(page);
  await page.waitForTimeout(400);
  same(await step(page), here, "paused");
}

async function address(page) {
  same(await step(page), 3, "the step of the address");
  await page.click("#next");
  await page.waitForFunction(() => location.hash === "#step=4");
  await page.evaluate(() => (location.hash = "#step=2"));
  await page.waitForFunction(() => Number(byId("slider").value) === 2);
  await page.evaluate(() => (location.hash = "#step=99999"));
  await page.waitForFunction(() => byId("slider").value === byId("slider").max);
}

async function theme(page) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.click("#theme");
  const dark = await paper();
  check(light !== dark, `light and dark are both ${light}`);
  await page.click("#theme");
  same(await paper(), light, "back to light");
}

async function views(page) {
  await page.click("#show-layers");
  check(await page.isVisible("#layers svg"), "the layers are not shown");
  check(!(await page.isVisible("#graph")), "the graph is shown too");
  await page.keyboard.press("ArrowRight");
  same(await step(page), 1, "arrow keys step in this view too");
  await page.click("#show-graph");
  check(await page.isVisible("#graph svg"), "the graph does not come back");
}

// Whatever can be pressed has a name; what is drawn too.
async function names(page) {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, [role=img], [role=button], [role=region], section")]
      .filter(
        (made) =>
          !made.getAttribute("aria-label") &&
          !made.getAttribute("aria-labelledby") &&
          (made.tagName === "SELECT" || made.textContent.trim() === "") &&
          ![...(made.labels ?? [])].some((label) => label.querySelector("span").checkVisibility()),
      )
      .map((made) => made.outerHTML.slice(0, 80)),
  );
  same(nameless, [], "without a name");
}

// From node to node, and what is focused can be seen.
async function focus(page) {
  await page.focus("#graph .node[tabindex='0']");
  check(await page.isVisible("#paths"), "a focused node shows no paths");
  await page.keyboard.press("ArrowRight");
  same(await step(page), 1, "arrow keys step while a node is focused");
  await page.keyboard.press("Tab");
  check(
    await page.evaluate(() => document.activeElement.classList.contains("node")),
    "the next node is not reached by Tab",
  );
}

async function paper(page, last) {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  same(await page.evaluate(() => document.querySelectorAll("#all-steps section").length), last + 1, "printed steps");
  check(!(await page.isVisible("#player")), "buttons are printed");
  check(
    (await page.isVisible("#graph svg")) && (await page.isVisible("#table table")),
    "graph and table are not printed",
  );
  same(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", "paper");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  check((await page.pdf()).length > 10000, "no PDF");
}

// Without Graphviz there is no layout: the page says so, and has everything else.
async function withoutGraph(browser, { files }) {
  const html = fs
    .readFileSync(files.en, "utf8")
    .replace(/"picture":\{.*?\},"network"/s, '"picture":{"folded":null,"full":null,"advice":"install it"},"network"');
  const file = files.en.replace(".html", "-without.html");
  fs.writeFileSync(file, html);
  await withPage(browser, file, {}, async (page, last) => {
    same(await page.textContent("#graph"), "install it", "advice");
    for (let k = 0; k < last; k++) await page.keyboard.press("ArrowRight");
    same(await page.evaluate(() => document.querySelectorAll("#table tr.current").length), 1, "the row of the step");
    check((await page.textContent("#line")).includes("="), "there is no line");
  });
}

module.exports = async (browser, examples) => {
  const [neuron, network] = examples;
  const of =
    (example, body, options = {}) =>
    () =>
      withPage(browser, example.files.en, options, body);
  await test("keys go through the steps", of(neuron, keys));
  await test("buttons go through the steps", of(neuron, buttons));
  await test("the slider goes to a step", of(neuron, slider));
  await test("play goes to the end, begins again and pauses", of(neuron, play));
  await test("the address says the step", of(neuron, address, { fragment: "#step=3" }));
  await test("light becomes dark and light again", of(neuron, theme));
  await test("a network has two views", of(network, views));
  for (const width of [1280, 390]) await test(`everything has a name at ${width}`, of(network, names, { width }));
  await test("without Graphviz there are steps, line and table", () => withoutGraph(browser, network));
  await test("nodes are reached by the keyboard", of(neuron, focus));
  await test("a page can be printed, from a dark screen too", of(network, paper, { scheme: "dark" }));
};
