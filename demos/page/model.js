// SPDX-License-Identifier: MIT
// The steps through both passes, and what is known after each of them.
"use strict";

function makeOperand(operand) {
  if (operand.node === undefined) return operand; // a constant
  const contribution = numberOf(operand.contribution); // undefined: it receives nothing
  const after = operand.after === undefined ? contribution : numberOf(operand.after);
  return { ...operand, partial: numberOf(operand.partial), contribution, after };
}

function makeNode(node, index) {
  return {
    ...node,
    index,
    value: numberOf(node.value),
    adjoint: numberOf(node.adjoint),
    isLeaf: node.operands === undefined,
    operands: (node.operands ?? []).map(makeOperand),
    consumers: [], // {node, operand}: where its value goes
    receipts: [], // {step, from, operand}: what the sweep adds to its adjoint
    valueStep: 0,
    sweepStep: null,
  };
}

function findConsumers(nodes) {
  for (const node of nodes) {
    for (const operand of node.operands) {
      if (operand.node !== undefined) nodes[operand.node].consumers.push({ node: node.index, operand });
    }
  }
}

// Step 0: only the leaves are known. Then the forward pass, the start of the sweep, and the sweep.
function addForward(model) {
  model.steps.push({ kind: "start" });
  for (const node of model.nodes) {
    if (node.isLeaf) continue;
    node.valueStep = model.steps.length;
    model.steps.push({ kind: "forward", node: node.index });
  }
  model.lastForward = model.steps.length - 1;
}

function addBackward(model, sweep) {
  model.seedStep = model.steps.length;
  model.steps.push({ kind: "seed", node: model.output });
  for (const index of sweep) {
    const step = model.steps.length;
    model.nodes[index].sweepStep = step;
    for (const operand of model.nodes[index].operands) {
      if (operand.contribution === undefined || operand.node === undefined) continue;
      model.nodes[operand.node].receipts.push({ step, from: index, operand });
    }
    model.steps.push({ kind: "backward", node: index });
  }
}

function makeModel(graph) {
  const model = { nodes: graph.nodes.map(makeNode), output: graph.output, steps: [], seedStep: Infinity };
  model.isSwept = graph.steps !== null;
  findConsumers(model.nodes);
  addForward(model);
  if (model.isSwept) addBackward(model, graph.steps);
  model.lastStep = model.steps.length - 1;
  model.changes = findChanges(model);
  return model;
}

// Of each step the nodes that look different after it.
function findChanges(model) {
  const changes = model.steps.map(() => new Set());
  for (const node of model.nodes) {
    changes[node.valueStep].add(node.index);
    for (const receipt of node.receipts) changes[receipt.step].add(node.index);
    if (model.isSwept) changes[completeStep(model, node)].add(node.index);
  }
  return changes;
}

// The nodes that look different at one step and at another; before there was any step, all do.
function changedBetween(model, from, to) {
  if (from === null) return new Set(model.nodes.keys());
  const changed = new Set();
  for (let step = Math.min(from, to) + 1; step <= Math.max(from, to); step++) {
    for (const node of model.changes[step]) changed.add(node);
  }
  return changed;
}

function valueAt(node, step) {
  return node.valueStep <= step ? node.value : null;
}

function receivedBy(node, step) {
  return node.receipts.filter((receipt) => receipt.step <= step);
}

// The step at which nothing more is added to the adjoint; of what receives nothing, the end of its turn.
function completeStep(model, node) {
  if (!model.isSwept) return Infinity;
  if (node.index === model.output) return model.seedStep;
  if (node.receipts.length > 0) return node.receipts[node.receipts.length - 1].step;
  return node.sweepStep ?? model.lastStep;
}

// null: not known yet.
function adjointAt(model, node, step) {
  if (step >= completeStep(model, node)) return node.adjoint;
  let adjoint = null;
  for (const receipt of node.receipts) {
    if (receipt.step > step) break;
    adjoint = receipt.operand.after;
  }
  return adjoint;
}

function isGrowing(model, node, step) {
  return adjointAt(model, node, step) !== null && step < completeStep(model, node);
}

// "+ 0.05", "− 0.2"
function signed(x) {
  return x < 0 ? `− ${showNumber(-x)}` : `+ ${showNumber(x)}`;
}

// "0.2 + 0.05": what has been added so far, of many terms the last one; null while there is but one.
function sumSoFar(node, step) {
  const MOST = 3;
  const terms = receivedBy(node, step).map((receipt) => receipt.operand.contribution);
  if (terms.length < 2) return null;
  if (terms.length > MOST) return `… ${signed(terms[terms.length - 1])}`;
  return [showNumber(terms[0]), ...terms.slice(1).map(signed)].join(" ");
}

// Which nodes a step gives something: the one with a new value, or those that receive.
function changedBy(model, step) {
  const { kind, node } = model.steps[step];
  if (kind === "start") return [];
  if (kind !== "backward") return [node];
  return model.nodes[node].operands
    .filter((o) => o.contribution !== undefined && o.node !== undefined)
    .map((o) => o.node);
}
