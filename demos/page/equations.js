// SPDX-License-Identifier: MIT
// The formulas of a network's convention, those of the step lit, with the step's own numbers.
"use strict";

function formulaLine(pieces) {
  const line = element("li", {});
  for (const piece of pieces) {
    if (piece.math === undefined) line.append(element("span", { class: "remark" }, piece.text));
    else line.append(fragment(math(piece.math)));
  }
  return line;
}

function startEquations(network) {
  const list = (lines, id) => element("ul", { class: "formulas", id }, ...lines.map(formulaLine));
  byId("equations").hidden = false;
  byId("equations").append(
    list(network.forward_formulas, "forward-formulas"),
    list(network.backward_formulas, "backward-formulas"),
    element("div", { id: "step-equations" }),
  );
}

// The equations of what becomes known in a step.
function equationsAt(network, step) {
  const { kind, node } = theModel.steps[step];
  if (kind === "start" || kind === "seed") return [];
  if (kind === "forward") return network.forward[node] ?? [];
  const complete = new Set(
    changedBy(theModel, step).filter((index) => completeStep(theModel, theModel.nodes[index]) === step),
  );
  return [...complete].flatMap((index) => network.backward[index] ?? []);
}

const FORWARD_LINES = { cost: 0, z: 1, a: 1 };

function lightFormulas(network, isForward, equations) {
  const lit = new Set(equations.flatMap(({ role }) => (isForward ? [FORWARD_LINES[role]] : network.roles[role])));
  [...byId(isForward ? "forward-formulas" : "backward-formulas").children].forEach((line, k) =>
    line.classList.toggle("lit", lit.has(k)),
  );
}

function updateEquations(network, step) {
  const { kind } = theModel.steps[step];
  const isForward = kind === "start" || kind === "forward";
  const equations = equationsAt(network, step);
  byId("forward-formulas").hidden = !isForward;
  byId("backward-formulas").hidden = isForward;
  lightFormulas(network, isForward, equations);
  const style = isForward ? "result value" : "result adjoint";
  const right = (e) =>
    `<mrow>${e.numbers}</mrow>${EQUALS}<mrow class="${style}">${mathNumber(numberOf(e.result))}</mrow>`;
  const shown = equations.slice(0, 4).map((e) => equationLines([[`<mrow>${e.symbol}</mrow>`, right(e)]]));
  byId("step-equations").replaceChildren(...shown);
}
