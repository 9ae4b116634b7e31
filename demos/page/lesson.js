// SPDX-License-Identifier: MIT
// A lesson: its blocks in order; what follows a question, up to the next one or a heading, is its answer.
"use strict";

function isNumberCell(cell) {
  return !["text", "math"].includes(cell.kind);
}

// A sentence with mathematics in it.
function inline(pieces) {
  return pieces.map((piece) => (typeof piece === "string" ? piece : fragment(math(`<mrow>${piece.math}</mrow>`))));
}

function cellContent(cell) {
  if (cell.mathml) return [fragment(cell.mathml)];
  return isNumberCell(cell) ? [cell.shown.replace(/-/g, "−")] : inline(cell.pieces);
}

function lessonCell(cell, isFirst) {
  const attributes = { class: isNumberCell(cell) ? "number" : null, scope: isFirst ? "row" : null };
  return element(isFirst ? "th" : "td", attributes, ...cellContent(cell));
}

function lessonTable(block) {
  const isNumber = block.heads.map((_, k) => block.rows.some((row) => isNumberCell(row[k])));
  const style = (k) => ({ scope: "col", class: isNumber[k] ? "number" : null });
  const heads = block.heads_in_pieces.map((head, k) => element("th", style(k), ...inline(head)));
  const rows = block.rows.map((row) => element("tr", {}, ...row.map((cell, k) => lessonCell(cell, k === 0))));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  const label = block.heads.join(words.comma);
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table);
}

// What is missing before and after a number to be as wide as the others of its column, with the points one below the
// other: MathML has no such alignment of its own, but what is not seen takes its room.
function padding(parts) {
  const wholes = parts.map((part) => part[0].replace("−", "").length);
  const rests = parts.map((part) => part[1].length);
  const hasMinus = parts.some((part) => part[0].startsWith("−"));
  return parts.map(([whole, rest], k) => [
    (hasMinus && !whole.startsWith("−") ? "−" : "") + "0".repeat(Math.max(...wholes) - wholes[k]),
    (rest === "" && Math.max(...rests) > 0 ? "." : "") +
      "0".repeat(Math.max(...rests) - Math.max(rests[k], Math.min(1, Math.max(...rests)))),
  ]);
}

function mathColumn(texts) {
  const parts = texts.map((text) => /^([^.e]*)(.*)$/.exec(text.replace(/-/g, "−")).slice(1));
  const unseen = (text) => (text === "" ? "" : `<mphantom><mn>${text}</mn></mphantom>`);
  return padding(parts).map(
    ([before, after], k) => `<mtd>${unseen(before)}<mn>${escaped(parts[k].join(""))}</mn>${unseen(after)}</mtd>`,
  );
}

function mathMatrix(rows) {
  const columns = rows[0].map((_, k) => mathColumn(rows.map((row) => row[k])));
  const lines = rows.map((_, r) => `<mtr>${columns.map((column) => column[r]).join("")}</mtr>`).join("");
  return `<mrow><mo>(</mo><mtable class="matrix">${lines}</mtable><mo>)</mo></mrow>`;
}

// Terms are matrices, or mathematics with its own <math>, of which the inside is taken; a sign stands between others.
function lessonMatrices(block) {
  const inside = (text) =>
    text
      .replace(/^<math[^>]*>/, "")
      .replace(/<\/math>$/, "")
      .replace(/<mo form="prefix">/g, "<mo>");
  const terms = block.terms.map((term) => (term.rows ? mathMatrix(term.shown) : inside(term.mathml)));
  const made = element("div", { class: "formula-block" });
  made.append(fragment(math(terms.join(""), 'display="block"')));
  return made;
}

function lessonFormula(block) {
  const made = element("div", { class: "formula-block" });
  made.append(fragment(block.mathml));
  return made;
}

function lessonBlock(block) {
  switch (block.kind) {
    case "heading":
      return element("h2", {}, ...inline(block.pieces));
    case "formula":
      return lessonFormula(block);
    case "matrices":
      return lessonMatrices(block);
    case "table":
      return lessonTable(block);
    case "plot":
      return drawPlot(block);
    default:
      return element("p", {}, ...inline(block.pieces));
  }
}

function lessonQuestion(block) {
  const summary = element(
    "summary",
    {},
    element("span", { class: "hint" }, words.question),
    " ",
    ...inline(block.pieces),
  );
  return element("details", { class: "question" }, summary);
}

function checkItem(check) {
  const numbers = [
    showCount(check.numbers),
    showMagnitude(numberOf(check.difference)),
    showMagnitude(numberOf(check.allowed)),
  ];
  const what = element("span", {}, ...inline(check.pieces));
  const verdict = element("strong", {}, check.agrees ? words.check_agrees : words.check_differs);
  return element(
    "li",
    { class: check.agrees ? "agrees" : "differs" },
    verdict,
    " ",
    ...sayWith(words.check, what, ...numbers),
  );
}

function showLesson(lesson) {
  const article = byId("lesson");
  article.hidden = false;
  let place = article;
  for (const block of lesson.blocks) {
    if (block.kind === "heading") place = article;
    if (block.kind === "question") {
      place = lessonQuestion(block);
      article.append(place);
    } else place.append(lessonBlock(block));
  }
  if (lesson.checks.length > 0)
    article.append(
      element("h2", {}, words.checks),
      element("ul", { class: "checks" }, ...lesson.checks.map(checkItem)),
    );
}
