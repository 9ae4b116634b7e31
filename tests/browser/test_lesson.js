// SPDX-License-Identifier: MIT
// Lessons as pages: their blocks, questions that open, plots, tables.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

const NAMES = ["paths", "wishes", "equations", "demon", "vanish", "neuron"];

function seen() {
  const texts = (style) => [...document.querySelectorAll(`#lesson ${style}`)].map((made) => made.textContent);
  return {
    headings: texts("h2"),
    questions: document.querySelectorAll("#lesson details").length,
    tables: document.querySelectorAll("#lesson table").length,
    plots: document.querySelectorAll("#lesson .plot > svg").length,
    checks: texts(".checks li.agrees").length,
    open: document.querySelectorAll("#lesson details[open]").length,
    raw: [...document.querySelectorAll("#lesson p, #lesson summary, #lesson h2, #lesson th")]
      .filter((made) => /[\^]|_[0-9{(]/.test(made.textContent))
      .map((made) => made.textContent),
  };
}

const countOf = (json, kind) => json.blocks.filter((block) => block.kind === kind).length;

async function blocks(browser, name, language) {
  const json = pages.json("lesson", name, `--lang=${language}`);
  const page = await pages.open(
    browser,
    pages.write(`lesson-${name}-${language}`, "lesson", name, `--lang=${language}`),
  );
  const view = await page.evaluate(seen);
  same(view.headings.length, countOf(json, "heading") + 1, "headings");
  same(view.questions, countOf(json, "question"), "questions");
  same(view.tables, countOf(json, "table"), "tables");
  same(view.plots, countOf(json, "plot"), "plots");
  same(view.checks, json.checks.length, "checks");
  same(view.open, 0, "answers that are open from the start");
  same(view.raw, [], "names that are not set");
  if (view.questions > 0) {
    await page.click("#lesson summary >> nth=0");
    same((await page.evaluate(seen)).open, 1, "answers after a click");
  }
  same(page.faults, [], "faults");
  await pages.close(page);
}

// Every cell that is a number in the JSON is that number on the page, and stands at the right.
async function tables(browser) {
  const json = pages.json("lesson", "paths");
  const page = await pages.open(browser, `${process.env.PAGES}/lesson-paths-en.html`);
  const shown = await page.evaluate(() =>
    [...document.querySelectorAll("#lesson table")].map((table) =>
      [...table.tBodies[0].rows].map((row) =>
        [...row.cells].map((cell) => [cell.textContent, getComputedStyle(cell).textAlign]),
      ),
    ),
  );
  json.blocks
    .filter((block) => block.kind === "table")
    .forEach((table, t) =>
      table.rows.forEach((row, r) =>
        row.forEach((cell, c) => {
          if (cell.value === undefined) return;
          const [text, align] = shown[t][r][c];
          same(text.replace(/−/g, "-"), cell.shown, `cell ${t} ${r} ${c}`);
          check(engine.shows(text, cell.value) || cell.kind === "magnitude", `${text} is not ${cell.value}`);
          same(align, "right", "a number stands at the");
        }),
      ),
    );
  await pages.close(page);
}

// Numbers that rounding makes longer, and whole ones with more digits than are asked for.
const LONG = "lesson neuron --sizes=2,1 --output=identity --weights=9999.97123,-20000 --biases=0 --targets=0".split(" ");

// As results and as numbers that the reader chose, cells of these kinds are written as the page would.
async function compareNumbers(browser, json, file, kind, write) {
  const cells = json.blocks
    .filter((block) => block.kind === "table")
    .flatMap((block) => block.rows.flat())
    .filter((cell) => cell.kind === kind);
  const page = await pages.open(browser, file);
  const shown = await page.evaluate(
    ([all, name]) => all.map((x) => globalThis[name](numberOf(x)).replace(/−/g, "-")),
    [cells.map((cell) => cell.value), write],
  );
  cells.forEach((cell, k) => same(shown[k], cell.shown, `${kind} ${k} of ${json.lesson}`));
  await pages.close(page);
  return cells.length;
}

// The page writes numbers by the rules of the terminal: the same text for every number of every lesson.
async function numbers(browser) {
  for (const name of NAMES) {
    const file = `${process.env.PAGES}/lesson-${name}-en.html`;
    await compareNumbers(browser, pages.json("lesson", name), file, "number", "plainNumber");
  }
  for (const inputs of ["--inputs=1,0", "--inputs=0,1"]) {
    const line = [...LONG, inputs];
    const file = pages.write("lesson-long", ...line);
    check(await compareNumbers(browser, pages.json(...line), file, "number", "plainNumber"), "no numbers");
    check(await compareNumbers(browser, pages.json(...line), file, "input", "showInput"), "no inputs");
  }
}

// What is drawn of each plot: where the ticks of its axes stand and what they say, and the points of its curves.
function drawnPlots() {
  const valueOf = (text) => {
    const exponent = text.querySelector("tspan");
    const plain = (exponent ?? text).textContent.replace("−", "-");
    return exponent === null ? Number(plain) : 10 ** Number(plain);
  };
  const ticks = (plot, anchor, place) =>
    [...plot.querySelectorAll(`text[text-anchor=${anchor}]:not(.axis-label)`)].map((text) => [
      Number(text.getAttribute(place)),
      valueOf(text),
    ]);
  return [...document.querySelectorAll(".plot > svg")].map((plot) => ({
    label: plot.getAttribute("aria-label"),
    x: ticks(plot, "middle", "x"),
    y: ticks(plot, "end", "y").map(([place, value]) => [place - 4, value]),
    curves: [...plot.querySelectorAll(".curve")].map((curve) => ({
      line: [...curve.querySelectorAll("path")].flatMap((path) =>
        path
          .getAttribute("d")
          .split(/[ML]/)
          .slice(1)
          .map((pair) => pair.split(" ").map(Number)),
      ),
      dots: [...curve.querySelectorAll("circle")].map((dot) =>
        ["cx", "cy"].map((name) => Number(dot.getAttribute(name))),
      ),
    })),
  }));
}

// Where a number stands on an axis, by its first and its last tick.
function placeOn(ticks, isLogarithmic, x) {
  const scale = isLogarithmic ? Math.log10 : (value) => value;
  const [first, last] = [ticks[0], ticks.at(-1)];
  return first[0] + ((last[0] - first[0]) * (scale(x) - scale(first[1]))) / (scale(last[1]) - scale(first[1]));
}

function expectedPoints(curve, plot, drawn) {
  const isDrawn = ([x, y]) => [x, y].every(Number.isFinite) && (!plot.log_x || x > 0) && (!plot.log_y || y > 0);
  return curve.x
    .map((x, k) => [engine.number(x), engine.number(curve.y[k])])
    .filter(isDrawn)
    .map(([x, y]) => [placeOn(drawn.x, plot.log_x, x), placeOn(drawn.y, plot.log_y, y)]);
}

function checkPoints(points, expected, what) {
  same(points.length, expected.length, `points of ${what}`);
  points.forEach((point, k) =>
    check(
      point.every((place, axis) => Math.abs(place - expected[k][axis]) < 0.2),
      `point ${k} of ${what}: ${point}, not ${expected[k]}`,
    ),
  );
}

// Every point of a curve is where the ticks of the axes say.
async function plots(browser, name) {
  const all = pages.json("lesson", name).blocks.filter((block) => block.kind === "plot");
  const page = await pages.open(browser, `${process.env.PAGES}/lesson-${name}-en.html`);
  const drawn = await page.evaluate(drawnPlots);
  check(all.length > 0, "the lesson has no plot");
  same(drawn.length, all.length, "plots");
  all.forEach((plot, p) => {
    check(drawn[p].label.length > 0, "a plot has no name");
    check(drawn[p].x.length > 1 && drawn[p].y.length > 1, `an axis of ${plot.key} has no two ticks`);
    same(drawn[p].curves.length, plot.curves.length, `curves of ${plot.key}`);
    plot.curves.forEach((curve, c) => {
      const { line, dots } = drawn[p].curves[c];
      const expected = expectedPoints(curve, plot, drawn[p]);
      checkPoints(line, curve.scattered ? [] : expected, `curve ${c} of ${plot.key}`);
      checkPoints(dots, curve.scattered || expected.length <= 40 ? expected : [], `dots ${c} of ${plot.key}`);
    });
  });
  await pages.close(page);
}

module.exports = async (browser) => {
  for (const name of NAMES)
    for (const language of ["en", "zh"])
      await test(`lesson ${name} (${language}) is all there`, () => blocks(browser, name, language));
  await test("tables of a lesson have its numbers, at the right", () => tables(browser));
  await test("numbers are written as in the terminal", () => numbers(browser));
  for (const name of ["paths", "demon", "vanish"])
    await test(`plots of lesson ${name} have names, and their points are where the axes say`, () =>
      plots(browser, name));
};
