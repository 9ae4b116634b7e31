// SPDX-License-Identifier: MIT
// The lines of a step as mathematics: sums beside products, operands that stand twice, and how numbers are written.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");
const engine = require("./engine");

// Sums that are a factor: all of them, and those without parentheses.
function sums() {
  const found = { all: 0, bare: [] };
  for (let step = 0; step <= theModel.lastStep; step++) {
    goTo(step);
    for (const times of document.querySelectorAll("#line .right math > mo")) {
      const factor = times.textContent === "·" ? times.nextElementSibling : null;
      const parts = factor?.localName === "mrow" ? [...factor.children] : [];
      if (!parts.some((part) => part.localName === "mo" && /^[+−]$/.test(part.textContent))) continue;
      found.all++;
      if (parts[0].textContent !== "(") found.bare.push(times.parentElement.textContent);
    }
  }
  return found;
}

async function factors(browser) {
  const formulas = [
    ["gelu(x)*3", "x=.5"],
    ["3*(x/y)", "x=2", "y=5"],
    ["3*tanh(x)", "x=.3"],
  ];
  for (const [formula, ...values] of formulas) {
    const page = await pages.open(browser, pages.write("factors", "explain", formula, ...values));
    const { all, bare } = await page.evaluate(sums);
    check(all > 0, `${formula} has no sum as a factor`);
    same(bare, [], formula);
    await pages.close(page);
  }
}

function blocks() {
  return [...document.querySelectorAll("#line .equation")].map((made) => ({
    places: [...made.querySelectorAll("msub > mrow + mn")].map((place) => place.textContent),
    product: made.querySelector(".right").textContent,
    results: [...made.querySelectorAll(".result")].map((result) => result.textContent),
  }));
}

// Each place has its own derivative and gives its own part; only the last one has the whole sum.
async function twice(browser) {
  for (const formula of ["x*x", "x+x", "x-x"]) {
    const args = ["explain", `z = ${formula}; y = 2*z`, "x=3"];
    const contributions = pages
      .json(...args)
      .steps.at(-1)
      .contributions.map((c) => engine.number(c.contribution));
    const page = await pages.open(browser, pages.write("twice", ...args));
    await page.keyboard.press("End");
    const [first, second, ...more] = await page.evaluate(blocks);
    same(more, [], `${formula}: more blocks`);
    same(
      [first, second].map((block) => new Set(block.places).size),
      [1, 1],
      `${formula}: places of a block`,
    );
    same(
      [first, second].map((block) => block.places[0]),
      ["1", "2"],
      `${formula}: places`,
    );
    check(/[^⋯]\+⋯$/.test(first.product) && /=⋯\+/.test(second.product), `${first.product} and ${second.product}`);
    check(engine.shows(first.results[0], contributions[0]), `${formula}: ${first.results}`);
    check(engine.shows(second.results[0], contributions[1]), `${formula}: ${second.results}`);
    check(first.results[1].endsWith("+⋯"), `${first.results[1]} is not open`);
    check(engine.shows(second.results[1], contributions[0] + contributions[1]), `${formula}: ${second.results[1]}`);
    same(await page.locator("#line .hint").count(), 1, `${formula}: hints`);
    check((await page.textContent("#line .hint")).includes("(∂z∂x)1"), await page.textContent("#line .hint"));
    await pages.close(page);
  }
}

// As %.0f and %.4g of C have it, and no digit before the decimal mark is left out below 10^9.
async function numbers(browser) {
  const cases = [
    [12344.5, "12344"],
    [12345.5, "12346"],
    [-12344.5, "-12344"],
    [-12345.5, "-12346"],
    [12344.51, "12345"],
    [9999.961234, "10000"],
    [-9999.961234, "-10000"],
    [999.961234, "1000"],
    [120000, "120000"],
    [1.25e12, "1.25e+12"],
    [0.000012, "1.2e-05"],
  ];
  const page = await pages.open(browser, pages.write("numbers", "explain", "x", "x=1"));
  const show = (all) => all.map((x) => [plainNumber(x), showInput(x).replace(/−/g, "-")]);
  const shown = await page.evaluate(
    show,
    cases.map(([x]) => x),
  );
  cases.forEach(([x, text], k) => same(shown[k][0], text, String(x)));
  for (const [x, text] of [
    [120000, "120000"],
    [123456789, "123456789"],
    [-5000, "-5000"],
    [0.12345678, "0.12345678"],
    [0, "0"],
  ])
    same((await page.evaluate(show, [x]))[0][1], text, `${x} as it was typed`);
  await pages.close(page);
}

module.exports = async (browser) => {
  await test("a sum beside a product stands in parentheses", () => factors(browser));
  await test("of an operand that stands twice each place has its own line", () => twice(browser));
  await test("halves go to the even number, and large numbers keep their digits", () => numbers(browser));
};
