// SPDX-License-Identifier: MIT
// The table of all nodes, which follows the step.
"use strict";

// What a table has beside values and adjoints: of a network the closed form, of a formula finite differences.
function columnsOf(graph) {
  const column = (head, style) => ({ head, style });
  const columns = [
    column(words.node, "name"),
    column(words.operation, "operation"),
    column(words.value, "number value"),
  ];
  if (theModel.isSwept) columns.push(column(words.adjoint, "number adjoint"));
  if (graph.network?.step) columns.push(column(words.after_step, "number after"));
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
  if (node.closed_value !== undefined && hasValue)
    differences.push(relativeDifference(node.value, numberOf(node.closed_value)));
  if (node.closed_adjoint !== undefined && isComplete)
    differences.push(relativeDifference(node.adjoint, numberOf(node.closed_adjoint)));
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

// A parameter after the step down the gradient, which begins when its derivative is known.
function afterCell(node, isComplete) {
  return numberCell(theGraph.network.step.after[node.index], isComplete);
}

// The cells of a row from its value on: a text, or terms and their sum.
function cellsAt(row, step) {
  const node = row.node;
  const hasValue = valueAt(node, step) !== null;
  const isComplete = step >= completeStep(theModel, node);
  const cells = [hasValue ? (node.isLeaf ? showInput(node.value) : showNumber(node.value)) : UNKNOWN];
  if (theModel.isSwept) cells.push(adjointCell(node, step));
  if (theGraph.network?.step) cells.push(afterCell(node, isComplete));
  if (theGraph.network) cells.push(...closedCells(node, hasValue, isComplete));
  else if (theGraph.checks.length > 0) cells.push(...checkCells(row, isComplete));
  return cells;
}

function setCell(made, cell) {
  if (!Array.isArray(cell)) setText(made, cell);
  else if (made.textContent !== cell.join(""))
    made.replaceChildren(element("span", { class: "terms" }, cell[0]), element("span", { class: "total" }, cell[1]));
}

function makeRow(node) {
  const name = element("th", { scope: "row", class: "name" }, fragment(math(node.math)));
  if (node.name) name.append(element("span", { class: "long-name" }, node.name));
  const operation = element("td", { class: "operation" });
  operation.append(node.expression ? fragment(math(node.expression)) : "");
  const cells = theTable.columns.slice(2).map((column) => element("td", { class: column.style }));
  const row = element("tr", { "data-node": node.index, "aria-rowindex": node.index + 2 }, name, operation, ...cells);
  return { node, element: row, cells, check: theTable.checks.get(node.index), shown: null };
}

// The row of a node, made when it is first seen.
function rowOf(index) {
  return (theTable.rows[index] ??= makeRow(theModel.nodes[index]));
}

// ---------------------------------------------------------------------------------------- the window

const MOST_ROWS = 120; // of more nodes than that the rows in sight are there, and some around them
const AROUND = 25;

const theTable = { columns: [], checks: new Map(), rows: [], first: 0, last: -1, rowHeight: 33, step: null };

function isWindowed() {
  return theModel.nodes.length > MOST_ROWS && !theTable.isPrinted;
}

function windowAt(scrollTop) {
  const count = theModel.nodes.length;
  if (!isWindowed()) return [0, count - 1];
  const { rowHeight } = theTable;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - AROUND);
  const last = Math.min(count - 1, Math.ceil((scrollTop + byId("table").clientHeight) / rowHeight) + AROUND);
  return [first, last];
}

// As high as the rows that are left out; on paper it says how many they are.
function spacer(rows) {
  const place = { colspan: theTable.columns.length, style: `height:${rows * theTable.rowHeight}px` };
  const count = element("span", { class: "only-print" }, say(words.more, showCount(rows)));
  return element("tr", { class: "spacer", "aria-hidden": "true" }, element("td", place, count));
}

// Puts the rows of the window in, with room for the others above and below.
function fillWindow(first, last) {
  if (first === theTable.first && last === theTable.last) return;
  Object.assign(theTable, { first, last });
  const rows = [];
  for (let index = first; index <= last; index++) rows.push(rowOf(index));
  const after = theModel.nodes.length - 1 - last;
  const parts = rows.map((row) => row.element);
  if (first > 0) parts.unshift(spacer(first));
  if (after > 0) parts.push(spacer(after));
  theTable.body.replaceChildren(...parts);
  for (const row of rows) updateRow(row, theTable.step);
}

function onTableScroll() {
  if (!isWindowed()) return;
  const [first, last] = windowAt(byId("table").scrollTop);
  if (Math.abs(first - theTable.first) > AROUND / 2 || Math.abs(last - theTable.last) > AROUND / 2)
    fillWindow(first, last);
}

function startTable(graph) {
  theTable.columns = columnsOf(graph);
  theTable.checks = new Map(graph.checks.map((check) => [check.leaf, check]));
  theTable.body = element("tbody");
  const heads = theTable.columns.map((column) => element("th", { scope: "col", class: column.style }, column.head));
  const rowCount = theModel.nodes.length + 1;
  const table = element(
    "table",
    { "aria-rowcount": rowCount },
    element("thead", {}, element("tr", {}, ...heads)),
    theTable.body,
  );
  table.classList.toggle("windowed", theModel.nodes.length > MOST_ROWS);
  table.classList.toggle("with-step", Boolean(graph.network?.step));
  byId("table").append(table);
  byId("table").addEventListener("scroll", onTableScroll, { passive: true });
  if (graph.network?.step) {
    const { title, text } = graph.network.step;
    byId("after").append(element("h3", {}, title), element("p", {}, ...inline(text)));
  }
}

// ------------------------------------------------------------------------------------------ one step

// The row of the step itself, and those whose node it gives something.
function rowStyle(step, index) {
  const { kind, node } = theModel.steps[step];
  if (node === index) return `current ${kind === "forward" ? "forward" : "backward"}`;
  return kind === "backward" && theTable.receiving.has(index) ? "receives" : "";
}

function updateRow(row, step) {
  const cells = cellsAt(row, step);
  const key = cells.flat().join("|");
  if (row.shown !== key) cells.forEach((cell, k) => setCell(row.cells[k], cell));
  row.shown = key;
  const style = rowStyle(step, row.node.index);
  if (row.element.className !== style) row.element.className = style;
}

// The row within its own box, below the heads.
function rowInSight(index) {
  const box = byId("table");
  const head = box.querySelector("thead").offsetHeight;
  const isThere = index >= theTable.first && index <= theTable.last;
  const top = isThere ? rowOf(index).element.offsetTop - head : index * theTable.rowHeight;
  const height = isThere ? rowOf(index).element.offsetHeight : theTable.rowHeight;
  const room = box.clientHeight - head;
  return top >= box.scrollTop && top + height <= box.scrollTop + room ? null : Math.max(0, top - (room - height) / 2);
}

function updateTable(step) {
  theTable.step = step;
  theTable.receiving = new Set(changedBy(theModel, step));
  const { node } = theModel.steps[step];
  byId("after").hidden = !theGraph.network?.step || step < theModel.lastStep;
  if (theTable.last < 0) fillWindow(...windowAt(0));
  const place = node === undefined ? null : rowInSight(node);
  if (place !== null && isWindowed()) fillWindow(...windowAt(place));
  for (let index = theTable.first; index <= theTable.last; index++) updateRow(rowOf(index), step);
  if (place !== null) byId("table").scrollTop = rowInSight(node) ?? byId("table").scrollTop;
}

const MOST_ROWS_PRINTED = 500;

// On paper all rows are there, or of very many those around the ones in sight.
function printTable(isPrinted) {
  theTable.isPrinted = isPrinted && theModel.nodes.length <= MOST_ROWS_PRINTED;
  fillWindow(...windowAt(byId("table").scrollTop));
}
