// SPDX-License-Identifier: MIT
// The line of the step: first in symbols, then in numbers, then the result.
"use strict";

const MOST_BLOCKS = 3;
const EQUALS = "<mo>=</mo>";
const TIMES = "<mo>·</mo>";

function named(node) {
  return `<mrow>${node.math}</mrow>`;
}

// ∂of/∂by
function derivative(of, by) {
  const part = (node) => `<mrow><mo form="prefix" rspace="0">∂</mo>${named(node)}</mrow>`;
  return `<mfrac>${part(of)}${part(by)}</mfrac>`;
}

// Which place of an operation an operand has, where it stands more than once in it.
function placeOf(node, operand) {
  const places = node.operands.filter((other) => other.node === operand.node);
  return places.length > 1 ? node.operands.indexOf(operand) + 1 : null;
}

// The derivative by one operand: of a node that stands twice, that of its place, (∂of/∂by)₁.
function partialOf(node, operand) {
  const fraction = derivative(node, theModel.nodes[operand.node]);
  const place = placeOf(node, operand);
  if (place === null) return fraction;
  return `<msub><mrow><mo>(</mo>${fraction}<mo>)</mo></mrow><mn>${place}</mn></msub>`;
}

// Lines with what they begin with, aligned at the equals sign: [left, right], ...
function equationLines(lines) {
  const block = element("div", { class: "equation" });
  for (const [left, right, style] of lines) {
    block.append(element("span", { class: "left" }), element("span", { class: `right ${style ?? ""}` }));
    block.children[block.children.length - 2].append(left === "" ? "" : fragment(math(left, 'display="block"')));
    block.lastChild.append(fragment(math(`${EQUALS}${right}`, 'display="block"')));
  }
  return block;
}

// ------------------------------------------------------------------------------------ forward pass

function forwardLines(node) {
  return equationLines([
    [named(node), `<mrow>${node.expression}</mrow>`],
    ["", `<mrow>${node.numbers}</mrow>`],
    ["", mathNumber(node.value), "result value"],
  ]);
}

// ---------------------------------------------------------------------------------------- backward

// All terms of a sum, of many the last ones.
function mathSum(terms) {
  const MOST = 4;
  const isCut = terms.length > MOST;
  const shown = isCut ? terms.slice(-MOST) : terms.slice(1);
  const rest = shown.map((x) => (x < 0 ? `<mo>−</mo>${mathNumber(-x)}` : `<mo>+</mo>${mathNumber(x)}`));
  return `<mrow>${isCut ? "<mo>⋯</mo>" : mathNumber(terms[0])}${rest.join("")}</mrow>`;
}

// The factors of one contribution: symbols, the row's own derivative, numbers.
function productLines(node, operand, symbols) {
  const lines = [];
  const adjoint = derivative(theModel.nodes[theModel.output], node);
  if (operand.formula) lines.push([symbols, `${adjoint}${TIMES}<mrow>${factor(operand.formula)}</mrow>`]);
  const left = lines.length > 0 ? "" : symbols;
  const first = mathNumber(node.adjoint);
  if (operand.formula_numbers) lines.push([left, `${first}${TIMES}<mrow>${factor(operand.formula_numbers)}</mrow>`]);
  const product = `${first}${TIMES}${mathTerm(operand.partial)}`;
  lines.push([left, `${product}${EQUALS}<mrow class="result adjoint">${mathNumber(operand.contribution)}</mrow>`]);
  return lines;
}

// A sum must not fall apart beside a product.
function factor(formula) {
  const isSum = [...fragment(math(formula)).firstChild.children].some(
    (part) => part.localName === "mo" && /^[+−]$/.test(part.textContent),
  );
  return isSum ? `<mo>(</mo>${formula}<mo>)</mo>` : formula;
}

// The sum of what it has received up to one receipt.
function soFarLine(target, last) {
  const received = target.receipts.slice(0, last + 1);
  const isOpen = received.length < target.receipts.length;
  const sum = mathSum(received.map((receipt) => receipt.operand.contribution));
  const soFar = mathNumber(received[last].operand.after);
  return `${sum}${received.length > 1 ? EQUALS + soFar : ""}${isOpen ? "<mo>+</mo><mo>⋯</mo>" : ""}`;
}

function contributionBlock(node, operand) {
  const target = theModel.nodes[operand.node];
  const output = theModel.nodes[theModel.output];
  const whole = derivative(output, target);
  const product = `${derivative(output, node)}${TIMES}${partialOf(node, operand)}`;
  if (target.receipts.length === 1) return equationLines([[whole, product], ...productLines(node, operand, "")]);
  const receipt = target.receipts.findIndex((r) => r.operand === operand);
  const isLast = receipt === target.receipts.length - 1;
  const sum = `${receipt === 0 ? "" : "<mo>⋯</mo><mo>+</mo>"}${product}${isLast ? "" : "<mo>+</mo><mo>⋯</mo>"}`;
  return equationLines([
    [whole, sum],
    ...productLines(node, operand, product),
    [whole, soFarLine(target, receipt), "result adjoint"],
  ]);
}

// Says once of each operand that stands more than once what its derivatives mean.
function placesHints(node, operands) {
  const firsts = operands.filter(
    (operand, k) => placeOf(node, operand) !== null && operands.findIndex((o) => o.node === operand.node) === k,
  );
  return firsts.map((operand) => {
    const parts = [named(theModel.nodes[operand.node]), named(node), partialOf(node, operand)];
    return element("p", { class: "hint" }, ...sayWith(words.places, ...parts.map((part) => fragment(math(part)))));
  });
}

function backwardBlocks(node) {
  const operands = node.operands.filter((operand) => operand.contribution !== undefined && operand.node !== undefined);
  const few = operands.length <= MOST_BLOCKS + 1 ? operands : firstOfEach(operands);
  const blocks = [...placesHints(node, few), ...few.map((operand) => contributionBlock(node, operand))];
  if (few.length < operands.length) {
    blocks.push(element("p", { class: "hint" }, say(words.more, showCount(operands.length - few.length))));
  }
  return blocks;
}

// Of many operands the first ones, of weighted sums a weight and what it is multiplied by.
function firstOfEach(operands) {
  const second = operands.findIndex((operand, k) => k > 0 && operand.formula && !operands[k - 1].formula);
  return second > 0 ? [operands[0], operands[1], operands[second]] : operands.slice(0, MOST_BLOCKS);
}

// ---------------------------------------------------------------------------------------- the step

function stepTitle(step) {
  const { kind } = theModel.steps[step];
  if (kind === "start") return words.start_title;
  if (kind === "seed") return words.seed_title;
  if (kind === "forward") return say(words.forward_title, step, theModel.lastForward);
  return say(words.backward_title, step - theModel.seedStep, theModel.lastStep - theModel.seedStep);
}

// One sentence: its format and what is filled in, a node or a number.
function sentenceOf(step) {
  const { kind, node: index } = theModel.steps[step];
  if (kind === "start") return [words.start_sentence];
  const node = theModel.nodes[index];
  if (kind === "seed") return [words.seed_sentence, node];
  if (kind === "forward") return [words.forward_sentence, node, node.value];
  if (node.operands.some((operand) => operand.contribution !== undefined))
    return [words.backward_sentence, node, node.adjoint];
  return [words.nothing_sentence, node];
}

// As a screen reader says it.
function spokenSentence(step) {
  const [format, ...values] = sentenceOf(step);
  return say(format, ...values.map((x) => (typeof x === "number" ? showNumber(x) : x.label)));
}

function writtenSentence(step) {
  const [format, ...values] = sentenceOf(step);
  const shown = values.map((x) => (typeof x === "number" ? showNumber(x) : fragment(math(named(x)))));
  return element("p", { class: "sentence" }, ...sayWith(format, ...shown));
}

function stepBlocks(step) {
  const { kind, node: index } = theModel.steps[step];
  const node = theModel.nodes[index];
  if (kind === "start") return [];
  if (kind === "seed") return [equationLines([[derivative(node, node), "<mn>1</mn>", "result adjoint"]])];
  if (kind === "forward") return [forwardLines(node)];
  const blocks = backwardBlocks(node);
  if (node.remark) blocks.unshift(element("p", { class: "remark" }, node.remark));
  return blocks;
}

function showLine(step) {
  setText(byId("step-title"), stepTitle(step));
  byId("line").replaceChildren(writtenSentence(step), ...stepBlocks(step));
  setText(byId("live"), say(words.spoken, stepTitle(step), spokenSentence(step)));
}
