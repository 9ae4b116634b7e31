// SPDX-License-Identifier: MIT
// Names with sub- and superscripts in SVG.
"use strict";

// "w^(2)_13" as a base with its scripts, which SVG has no element for.
function scriptsOf(label) {
  const script = String.raw`(?:\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|[\p{L}\p{N}]+)`;
  const form = new RegExp(String.raw`^(.+?)((?:[\^_]${script})+)(\[[^\]]*\])?$`, "u");
  const found = form.exec(label);
  if (found === null) return { base: label, scripts: [] };
  const scripts = [...found[2].matchAll(new RegExp(String.raw`([\^_])(${script})`, "gu"))];
  if (found[3]) scripts.push([null, "", found[3]]);
  return {
    base: found[1],
    scripts: scripts.map(([, mark, text]) => ({ mark, text: text.replace(/^\{(.*)\}$/, "$1") })),
  };
}

// Texts on one line, each raised or lowered and of its own size; SVG moves from one to the next.
function placedSpans(pieces) {
  let height = 0;
  return pieces.map(({ text, style, raised = 0, size = 1 }) => {
    const dy = (height - raised) / size;
    height = raised;
    return svg(
      "tspan",
      { class: style, dy: dy === 0 ? null : `${dy.toFixed(2)}em`, "font-size": size === 1 ? null : `${size * 100}%` },
      text,
    );
  });
}

function labelPieces(label) {
  const { base, scripts } = scriptsOf(label);
  const raised = { "^": 0.42, _: -0.25, "": 0 };
  const size = (mark) => (mark === "" ? 1 : 0.72);
  return [
    { text: base, style: "symbol" },
    ...scripts.map(({ mark, text }) => ({ text, raised: raised[mark], size: size(mark) })),
  ];
}

function labelSpans(label) {
  return placedSpans(labelPieces(label));
}

// A formula as it is typed, with the names in it set like the labels; a word before a bracket is no name.
const NAME = /([\p{L}\p{N}]+(?:[\^_](?:\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|[\p{L}\p{N}]+))+(?![\p{L}\p{N}_(]))/u;

function formulaPieces(text) {
  const parts = spaced(text).split(NAME);
  return parts.flatMap((part, k) => (k % 2 === 1 ? labelPieces(part) : part === "" ? [] : [{ text: part }]));
}

function widthOf(label) {
  const { base, scripts } = scriptsOf(label);
  return base.length + scripts.reduce((sum, script) => sum + 0.72 * script.text.length, 0);
}

// Formulas as they are typed, in signs: · for *, a true minus, powers raised.
function spaced(text) {
  const raised = (digits) => digits.replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return text
    .replace(/ \* /g, "·")
    .replace(/ \^ (\d+)(?![\d.])/g, (_, digits) => raised(digits))
    .replace(/-/g, "−");
}
