// SPDX-License-Identifier: MIT
// Reading: scrolling by keys, focus, contrast, themes, and touch.
"use strict";

const { test, check, same } = require("./tap");
const pages = require("./pages");

const step = (page) => page.evaluate(() => Number(byId("slider").value));

// Where the page is scrolled to after a key; smooth scrolling takes its time.
async function scrolledBy(page, key) {
  const end = page.evaluate(
    () =>
      new Promise((resolve) => {
        document.addEventListener("scrollend", resolve, { once: true });
        setTimeout(resolve, 3000);
      }),
  );
  await page.keyboard.press(key);
  await end;
  return page.evaluate(() => scrollY);
}

// Outside of the walk Space, Home and End are for reading; within it they are for the steps.
async function lesson(browser) {
  const page = await pages.open(browser, pages.write("reading", "lesson", "paths"));
  await page.keyboard.press("ArrowRight");
  same(await step(page), 1, "an arrow key steps");
  await page.waitForFunction(() => location.hash === "#step=1"); // a change of the address ends smooth scrolling
  await page.evaluate(() => document.activeElement.blur());
  check((await scrolledBy(page, "End")) > 0, "End does not scroll");
  same(await scrolledBy(page, "Home"), 0, "Home");
  check((await scrolledBy(page, " ")) > 0, "Space does not scroll");
  check(!(await page.evaluate(() => byId("player").classList.contains("playing"))), "Space plays");
  same(await step(page), 1, "the step");
  await page.focus("#next");
  await page.keyboard.press("Home");
  same(await step(page), 0, "Home within the walk");
  await pages.close(page);
}

// A table that scrolls keeps the keys that scroll it, and Shift is for the browser.
async function tables(browser) {
  const page = await pages.open(browser, pages.write("table-keys", "explain", "--sizes=6,6,6"), { width: 390 });
  await page.focus("#table");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => byId("table").scrollLeft > 0);
  await page.keyboard.press("End");
  await page.waitForFunction(() => byId("table").scrollTop > 0);
  same(await step(page), 0, "the step");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Shift+ArrowRight");
  same(await step(page), 0, "the step after Shift and an arrow key");
  await pages.close(page);
}

// A button that has nothing more to do is still where the keyboard is.
async function focus(browser, { files }) {
  const page = await pages.open(browser, files.en);
  const focused = () => page.evaluate(() => document.activeElement.id);
  for (const [button, other] of [
    ["last", "first"],
    ["first", "last"],
  ]) {
    await page.focus(`#${button}`);
    await page.keyboard.press("Enter");
    same(await focused(), button, "the focus");
    same(await page.getAttribute(`#${button}`, "aria-disabled"), "true", button);
    same(await page.getAttribute(`#${other}`, "aria-disabled"), "false", other);
    const here = await step(page);
    await page.keyboard.press("Enter");
    same(await step(page), here, "the step after one press more");
  }
  await pages.close(page);
}

// Boxes of nodes are buttons that are pressed or not.
async function pressed(browser, { files }) {
  const page = await pages.open(browser, files.en);
  const box = page.locator("#graph .node").first();
  same(await box.getAttribute("role"), "button", "role");
  same(await box.getAttribute("aria-pressed"), "false", "before");
  await box.focus();
  await page.keyboard.press("Enter");
  same(await box.getAttribute("aria-pressed"), "true", "after Enter");
  await page.keyboard.press("Escape");
  same(await box.getAttribute("aria-pressed"), "false", "after Escape");
  await pages.close(page);
}

async function tap(browser, { files }) {
  const page = await pages.open(browser, files.en, { width: 390, height: 844, hasTouch: true });
  await page.tap('#graph [data-box="0"]');
  check(await page.isVisible("#paths"), "a tap shows no paths");
  await page.tap('#graph [data-box="0"]');
  check(!(await page.isVisible("#paths")), "a second tap does not hide them");
  await pages.close(page);
}

// ---------------------------------------------------------------------------------------- colours

// The contrast of two colours (WCAG 2.1, 1.4.3), and whether they are plain ones, that every browser knows.
function contrasts(pairs) {
  const style = getComputedStyle(document.documentElement);
  const part = (x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const digits = colour.length === 4 ? [...colour.slice(1)].map((d) => d + d).join("") : colour.slice(1);
    const [r, g, b] = digits.match(/../g).map((d) => part(parseInt(d, 16) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return pairs.map(([front, back]) => {
    const colours = [front, back].map((name) => style.getPropertyValue(`--${name}`).trim());
    if (!colours.every((colour) => /^#[0-9a-f]{3}([0-9a-f]{3})?$/i.test(colour))) return `${colours}`;
    const [low, high] = colours.map(luminance).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
}

async function colours(browser, { files }) {
  const texts = ["ink", "soft", "faint", "value", "adjoint"].flatMap((front) =>
    ["surface", "raised", "paper"].map((back) => [front, back, 4.5]),
  );
  const tinted = [
    ["value", "value-tint", 4.5],
    ["adjoint", "adjoint-tint", 4.5],
    ["ink", "value-tint", 4.5],
    ["ink", "adjoint-tint", 4.5],
  ];
  const strokes = ["edge", "value", "adjoint", "positive", "negative"].map((front) => [front, "surface", 3]);
  const all = [...texts, ...tinted, ...strokes];
  for (const scheme of ["light", "dark"]) {
    const page = await pages.open(browser, files.en, { scheme });
    const found = await page.evaluate(contrasts, all);
    all.forEach(([front, back, least], k) => check(found[k] >= least, `${scheme}: ${front} on ${back} is ${found[k]}`));
    await pages.close(page);
  }
}

// What lies apart from the output is fainter, but can be read.
async function apart(browser) {
  const page = await pages.open(browser, pages.write("apart", "explain", "x", "x=5", "y=3"));
  const opacity = await page.evaluate(() =>
    [...document.querySelectorAll(".node.apart text, .node.apart")].map((made) => getComputedStyle(made).opacity),
  );
  check(opacity.length > 1, "nothing is apart");
  check(
    opacity.every((x) => x === "1"),
    `the text has an opacity of ${opacity}`,
  );
  await pages.close(page);
}

// As the system has it, also when that changes, until the reader chooses.
async function follow(browser, { files }) {
  const page = await pages.open(browser, files.en);
  const theme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  same(await theme(), "light", "at first");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === "dark");
  await page.click("#theme");
  same(await theme(), "light", "by choice");
  await page.emulateMedia({ colorScheme: "light" });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(200);
  same(await theme(), "light", "after a change that is none of the reader's");
  await pages.close(page);
}

module.exports = async (browser, network) => {
  await test("a lesson is scrolled by Space, Home and End", () => lesson(browser));
  await test("a table is scrolled by its keys", () => tables(browser));
  await test("the focus stays on a button at either end", () => focus(browser, network));
  await test("nodes are buttons, pressed while their paths are kept", () => pressed(browser, network));
  await test("a second tap hides the paths", () => tap(browser, network));
  await test("texts and lines have enough contrast, light and dark", () => colours(browser, network));
  await test("what is apart from the output can be read", () => apart(browser));
  await test("the theme follows the system until it is chosen", () => follow(browser, network));
};
