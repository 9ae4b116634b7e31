// SPDX-License-Identifier: MIT
// All tests of the pages, one after the other.
"use strict";

const pages = require("./pages");
const { finish } = require("./tap");

const EXAMPLES = {
  neuron: ["explain", "sigmoid(w0*x0 + w1*x1 + w2)", "w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3"],
  mazur: pages.MAZUR,
  shared: ["explain", "z = w*x + b; y = tanh(z)*z + x/z + z^2 + relu(0*b)", "w=.5", "x=2", "b=-.3"],
};

function example(name, args) {
  const files = {};
  for (const language of ["en", "zh"])
    files[language] = pages.write(`${name}-${language}`, ...args, `--lang=${language}`);
  const by = args.some((argument) => argument.startsWith("--sizes")) ? ["--by=node"] : [];
  return { name, files, json: pages.json(...args, ...by) };
}

async function main() {
  const [neuron, mazur, shared] = Object.entries(EXAMPLES).map(([name, args]) => example(name, args));
  const browser = await pages.launch();
  try {
    await require("./test_steps")(browser, [neuron, mazur, shared]);
    await require("./test_controls")(browser, [neuron, mazur]);
    await require("./test_paths")(browser, [neuron, mazur, shared]);
    await require("./test_network")(browser, mazur);
    await require("./test_layers")(browser, mazur);
    await require("./test_update")(browser);
    await require("./test_lines")(browser);
    await require("./test_lesson")(browser);
    await require("./test_reading")(browser, mazur);
    await require("./test_paper")(browser);
    const lesson = {
      files: { en: `${process.env.PAGES}/lesson-paths-en.html`, zh: `${process.env.PAGES}/lesson-paths-zh.html` },
    };
    await require("./test_looks")(browser, [neuron, mazur, lesson]);
  } finally {
    await browser.close();
  }
  process.exitCode = finish();
}

main();
