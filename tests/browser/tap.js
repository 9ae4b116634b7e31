// SPDX-License-Identifier: MIT
// Results as TAP lines.
"use strict";

let count = 0;
let failed = 0;

async function test(name, body) {
  count++;
  try {
    await body();
    console.log(`ok ${count} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${count} - ${name}`);
    for (const line of String(error.stack ?? error)
      .split("\n")
      .slice(0, 6))
      console.log(`  ${line}`);
  }
}

function check(isTrue, what) {
  if (!isTrue) throw new Error(what);
}

function same(shown, expected, what) {
  check(
    JSON.stringify(shown) === JSON.stringify(expected),
    `${what}: ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`,
  );
}

function finish() {
  console.log(`1..${count}`);
  return failed > 0 ? 1 : 0;
}

module.exports = { test, check, same, finish };
