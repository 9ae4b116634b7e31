// SPDX-License-Identifier: MIT
// Sizes and themes: nothing is wider than the window; and pictures of it all, to be looked at.
"use strict";

const path = require("node:path");
const { test, check, same } = require("./tap");
const pages = require("./pages");

const SIZES = [
  [1280, 800],
  [390, 844],
];

function overflow() {
  const wide = [...document.body.querySelectorAll("*")].filter(
    (made) =>
      made.getBoundingClientRect().right > innerWidth + 1 &&
      !made.closest(".scroll, .equation, .formula-block, .formulas li, .paths, .unseen, .formula, svg"),
  );
  return {
    page: document.documentElement.scrollWidth - innerWidth,
    wide: wide.map((made) => made.outerHTML.slice(0, 70)),
  };
}

async function picture(browser, name, file, [width, height], scheme, prepare) {
  const page = await pages.open(browser, file, { width, height, scheme });
  await prepare(page);
  const { page: excess, wide } = await page.evaluate(overflow);
  same(wide, [], "wider than the window");
  check(excess <= 0, `the page scrolls sideways by ${excess}`);
  await page.screenshot({ path: path.join(process.env.PICTURES, `${name}-${width}-${scheme}.png`) });
  same(page.faults, [], "faults");
  await pages.close(page);
}

async function toStep(page, share) {
  await page.evaluate((x) => goTo(Math.round(x * theModel.lastStep)), share);
}

module.exports = async (browser, [neuron, network, lesson]) => {
  const shots = [
    ["neuron", neuron, (page) => toStep(page, 0.8)],
    [
      "paths",
      network,
      async (page) => {
        await toStep(page, 1);
        await page.evaluate(() => traceFrom(0));
      },
    ],
    ["network", network, (page) => toStep(page, 0.75)],
    [
      "layers",
      network,
      async (page) => {
        await toStep(page, 0.8);
        await page.click("#show-layers");
      },
    ],
    [
      "lesson",
      lesson,
      async (page) => {
        await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
      },
    ],
    ["folded", { files: { en: `${process.env.PAGES}/large.html` } }, (page) => toStep(page, 0.9)],
  ];
  for (const [name, example, prepare] of shots)
    for (const size of SIZES)
      for (const scheme of ["light", "dark"])
        for (const [language, file] of Object.entries(example.files))
          await test(`${name} (${language}) fits ${size.join("×")}, ${scheme}`, () =>
            picture(browser, `${name}-${language}`, file, size, scheme, prepare));
};
