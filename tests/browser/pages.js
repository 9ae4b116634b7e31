// SPDX-License-Identifier: MIT
// Pages as the command writes them, opened in the browser; whatever a page should not do is noted.
"use strict";

const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { chromium } = require("playwright-core");

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Mazur's "A step by step backpropagation example".
const MAZUR = [
  "explain",
  "--sizes=2,2,2",
  "--weights=.15,.20,.25,.30,.40,.45,.50,.55",
  "--biases=.35,.35,.60,.60",
  "--inputs=.05,.10",
  "--targets=.01,.99",
];

function command(...args) {
  return execFileSync(process.env.CHAINRULE, args, { encoding: "utf8", maxBuffer: 1 << 28 });
}

// Writes the page and returns its path.
function write(name, ...args) {
  const file = path.join(process.env.PAGES, `${name}.html`);
  command(...args, `--html=${file}`);
  return file;
}

function json(...args) {
  return JSON.parse(command(...args, "--json"));
}

async function launch(options = {}) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS, ...options });
}

// A page with its faults: errors, warnings of the browser, requests for anything but the file.
async function open(browser, file, options = {}) {
  const { fragment = "", width = 1280, height = 800, scheme = "light", hasTouch = false } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    hasTouch,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on(
    "request",
    (request) => request.url().split("#")[0] !== `file://${file}` && faults.push(`asks for ${request.url()}`),
  );
  await page.goto(`file://${file}${fragment}`);
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  page.faults = faults;
  return page;
}

async function close(page) {
  await page.context().close();
}

module.exports = { MAZUR, write, json, command, launch, open, close };
