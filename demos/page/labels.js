"use strict";
// Names with sub- and superscripts in SVG.

// "w^(2)_13" as a base with its scripts, which SVG has no element for.
function scriptsOf(label) {
  const script = String.raw`(?:\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|[\p{L}\p{N}]+)`;
  const form = new RegExp(String.raw`^(.+?)((?:[\^_]${script})+)(\[[^\]]*\])?$`, "u");
  const found = form.exec(label);
  if (found === null) return { base: label, scripts: [] };
  const scripts = [...found[2].matchAll(new RegExp(String.raw`([\^_])(${script})`, "gu"))];
  if (found[3]) scripts.push([null, "", found[3]]);
  return { base: found[1], scripts: scripts.map(([, mark, text]) => ({ mark, text: text.replace(/^\{(.*)\}$/, "$1") })) };
}

function labelSpans(label) {
  const { base, scripts } = scriptsOf(label);
  const spans = [svg("tspan", { class: "symbol" }, base)];
  let raised = 0;
  for (const { mark, text } of scripts) {
    const height = mark === "^" ? -0.42 : mark === "_" ? 0.25 : 0;
    const size = mark === "" ? 1 : 0.72;
    spans.push(svg("tspan", { dy: `${((height - raised) / size).toFixed(2)}em`, "font-size": `${size * 100}%` }, text));
    raised = height;
  }
  return spans;
}

function widthOf(label) {
  const { base, scripts } = scriptsOf(label);
  return base.length + scripts.reduce((sum, script) => sum + 0.72 * script.text.length, 0);
}
