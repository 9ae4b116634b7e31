"use strict";
// The table of all nodes, which follows the step.

const tableRows = [];

// What a table has beside values and adjoints: of a network the closed form, of a formula finite differences.
function columnsOf(graph) {
  const column = (head, style) => ({ head, style });
  const columns = [column(words.node, "name"), column(words.operation, "operation"), column(words.value, "number value")];
  if (theModel.isSwept) columns.push(column(words.adjoint, "number adjoint"));
  if (graph.network) columns.push(column(words.closed_value, "number"));
  if (graph.network && theModel.isSwept) columns.push(column(words.closed_adjoint, "number"));
  if (!graph.network && graph.checks.length > 0) columns.push(column(words.finite_difference, "number"));
  if (graph.network || graph.checks.length > 0) columns.push(column(words.difference, "number"));
  return columns;
}

function relativeDifference(a, b) {
  if (a === b) return 0;
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

function numberCell(x, isKnown) {
  if (x === undefined) return "";
  return isKnown ? showNumber(numberOf(x)) : UNKNOWN;
}

// The terms so far and their sum; a sum that still grows ends in an ellipsis.
function adjointCell(node, step) {
  const adjoint = adjointAt(theModel, node, step);
  if (adjoint === null) return ["", UNKNOWN];
  const sum = sumSoFar(node, step);
  const open = isGrowing(theModel, node, step) ? " + …" : "";
  return [sum === null ? "" : `${sum} = `, showNumber(adjoint) + open];
}

// Both closed forms, and the larger of their relative differences.
function closedCells(node, hasValue, isComplete) {
  const differences = [];
  if (node.closed_value !== undefined && hasValue) differences.push(relativeDifference(node.value, numberOf(node.closed_value)));
  if (node.closed_adjoint !== undefined && isComplete) differences.push(relativeDifference(node.adjoint, numberOf(node.closed_adjoint)));
  const cells = [numberCell(node.closed_value, hasValue)];
  if (theModel.isSwept) cells.push(numberCell(node.closed_adjoint, isComplete));
  return [...cells, differences.length > 0 ? showMagnitude(Math.max(...differences)) : ""];
}

function checkCells(row, isComplete) {
  if (!row.check) return ["", ""];
  if (!isComplete) return [UNKNOWN, UNKNOWN];
  if (row.check.difference === undefined) return [UNKNOWN, row.check.verdict];
  return [showNumber(numberOf(row.check.difference)), showMagnitude(numberOf(row.check.relative))];
}

// The cells of a row from its value on: a text, or terms and their sum.
function cellsAt(row, step) {
  const node = row.node;
  const hasValue = valueAt(node, step) !== null;
  const isComplete = step >= completeStep(theModel, node);
  const cells = [hasValue ? (node.isLeaf ? showInput(node.value) : showNumber(node.value)) : UNKNOWN];
  if (theModel.isSwept) cells.push(adjointCell(node, step));
  if (theGraph.network) cells.push(...closedCells(node, hasValue, isComplete));
  else if (theGraph.checks.length > 0) cells.push(...checkCells(row, isComplete));
  return cells;
}

function setCell(made, cell) {
  if (!Array.isArray(cell)) setText(made, cell);
  else if (made.textContent !== cell.join("")) made.replaceChildren(element("span", { class: "terms" }, cell[0]), element("span", { class: "total" }, cell[1]));
}

function makeRow(node, columns, checks) {
  const name = element("th", { scope: "row", class: "name" });
  name.append(fragment(math(node.math)));
  if (node.name) name.append(element("span", { class: "long-name" }, node.name));
  const operation = element("td", { class: "operation" });
  if (node.expression && theModel.nodes.length <= 400) operation.append(fragment(math(node.expression)));
  else operation.append(node.isLeaf ? "" : node.op);
  const cells = columns.slice(2).map((column) => element("td", { class: column.style }));
  const row = element("tr", { "data-node": node.index }, name, operation, ...cells);
  return { node, element: row, cells, check: checks.get(node.index) };
}

function startTable(graph) {
  const columns = columnsOf(graph);
  const checks = new Map(graph.checks.map((check) => [check.leaf, check]));
  const heads = columns.map((column) => element("th", { scope: "col", class: column.style }, column.head));
  for (const node of theModel.nodes) tableRows.push(makeRow(node, columns, checks));
  const body = element("tbody", {}, ...tableRows.map((row) => row.element));
  byId("table").append(element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body));
}

// Rows whose node a step changes, and the row of the step itself.
function rowStyle(step, changed, index) {
  const { kind, node } = theModel.steps[step];
  if (node === index) return `current ${kind === "forward" ? "forward" : "backward"}`;
  return changed.has(index) ? "receives" : "";
}

function updateRow(row, step, style) {
  cellsAt(row, step).forEach((cell, k) => setCell(row.cells[k], cell));
  if (row.element.className !== style) row.element.className = style;
}

// Only what can differ is looked at: rows whose value or adjoint changes between the two steps, and lit ones.
function isConcerned(row, from, to) {
  const within = (step) => step > from && step <= to;
  const node = row.node;
  return within(node.valueStep) || within(completeStep(theModel, node)) || node.receipts.some((receipt) => within(receipt.step));
}

let tableStep = null;

function updateTable(step) {
  const changed = new Set(theModel.steps[step].kind === "backward" ? changedBy(theModel, step) : []);
  const [from, to] = tableStep === null ? [-1, Infinity] : [Math.min(tableStep, step), Math.max(tableStep, step)];
  for (const row of tableRows) {
    const style = rowStyle(step, changed, row.node.index);
    if (tableStep === null || isConcerned(row, from, to)) updateRow(row, step, style);
    else if (row.element.className !== style) row.element.className = style;
  }
  tableStep = step;
  const { node } = theModel.steps[step];
  if (node !== undefined) scrollRowIntoView(tableRows[node].element);
}

// Within its own box, below the heads.
function scrollRowIntoView(row) {
  const box = byId("table");
  const head = box.querySelector("thead").offsetHeight;
  const above = row.offsetTop - head < box.scrollTop;
  const below = row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight;
  if (above || below) box.scrollTop = row.offsetTop - head - (box.clientHeight - head - row.offsetHeight) / 2;
}
