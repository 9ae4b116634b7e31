// SPDX-License-Identifier: MIT
// What is on paper: answers, whole lines, legends, and tables that end.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");

async function toPaper(page) {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
}

const openAnswers = () => [...document.querySelectorAll("#lesson details")].map((made) => made.open);

// With a graph and without one; what was open stays open.
async function answers(browser) {
  for (const name of ["paths", "vanish"]) {
    const page = await pages.open(browser, pages.write(`paper-${name}`, "lesson", name));
    await page.evaluate(() => (document.querySelectorAll("#lesson details")[1].open = true));
    const before = await page.evaluate(openAnswers);
    await toPaper(page);
    same(
      await page.evaluate(openAnswers),
      before.map(() => true),
      `${name} on paper`,
    );
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    same(await page.evaluate(openAnswers), before, `${name} after it`);
    await pages.close(page);
  }
}

// No line of a step is cut, and the dots of the legend are printed.
async function lines(browser) {
  const page = await pages.open(browser, pages.write("paper", "explain", "--sizes=2,4,4,2"), { width: 720 });
  await toPaper(page);
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("#all-steps .equation")]
      .filter((made) => made.scrollWidth > made.clientWidth && getComputedStyle(made).overflowX !== "visible")
      .map((made) => made.textContent),
  );
  same(cut, [], "lines that are cut");
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll("#all-steps math")]
      .filter((made) => made.getBoundingClientRect().right > document.documentElement.clientWidth)
      .map((made) => made.textContent),
  );
  same(wide, [], "lines wider than the paper");
  same(
    await page.evaluate(() =>
      [...document.querySelectorAll("#legend .dot")].map((dot) => getComputedStyle(dot).printColorAdjust),
    ),
    ["exact", "exact"],
    "dots",
  );
  await pages.close(page);
}

// Tables of a lesson too, and the one of a small network's nodes fits the paper.
async function wholeTables(browser) {
  const lesson = await pages.open(browser, pages.write("paper-paths", "lesson", "paths"), { width: 718 });
  await toPaper(lesson);
  const cut = await lesson.evaluate(
    () =>
      [...document.querySelectorAll("#lesson .scroll")].filter(
        (made) => made.scrollWidth > made.clientWidth && getComputedStyle(made).overflowX !== "visible",
      ).length,
  );
  same(cut, 0, "tables that are cut");
  await pages.close(lesson);
  const args = ["explain", "--sizes=2,2,2", "--seed=3", "--rate=.5"];
  const page = await pages.open(browser, pages.write("paper-step", ...args), { width: 718 });
  await page.keyboard.press("End");
  await toPaper(page);
  const right = await page.evaluate(() => document.querySelector("#table table").getBoundingClientRect().right);
  check(right <= 718, `the table of the nodes is ${right} wide`);
  await pages.close(page);
}

// A few hundred rows are all printed; of thousands those around the step, and how many are left out.
async function tables(browser) {
  for (const [sizes, isWhole] of [
    ["10,12,10", true],
    ["35,35,20", false],
  ]) {
    const page = await pages.open(browser, pages.write("paper-table", "explain", `--sizes=${sizes}`));
    await page.keyboard.press("End");
    await toPaper(page);
    const view = await page.evaluate(() => ({
      nodes: theModel.nodes.length,
      rows: document.querySelectorAll("#table tr[data-node]").length,
      left: [...document.querySelectorAll("#table tr.spacer")].map((row) => [row.innerText, row.offsetHeight]),
    }));
    const leftOut = view.left.reduce((sum, [text]) => sum + Number(text.replace(/\D/g, "")), 0);
    same(view.rows + leftOut, view.nodes, `rows of ${sizes}`);
    same(leftOut === 0, isWhole, `${sizes} are all printed`);
    check(view.rows <= 500, `${view.rows} rows`);
    for (const [, height] of view.left) check(height < 100, `${height} pixels of nothing`);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    await pages.close(page);
  }
}

// The colours are those of paper, whatever the screen has.
async function colours(browser) {
  const page = await pages.open(browser, `${process.env.PAGES}/paper.html`, { scheme: "dark" });
  const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
  const dark = await ink();
  await page.click("#theme");
  const light = await ink();
  await page.click("#theme");
  same(await ink(), dark, "dark by hand");
  await toPaper(page);
  same(await ink(), light, "on paper");
  check(light !== dark, "light and dark are the same");
  await pages.close(page);
}

module.exports = async (browser) => {
  await test("answers of a lesson are printed", () => answers(browser));
  await test("lines and legends are printed whole", () => lines(browser));
  await test("tables are printed whole", () => wholeTables(browser));
  await test("a long table is printed in part, and says so", () => tables(browser));
  await test("a dark page is printed in the colours of a light one", () => colours(browser));
};
