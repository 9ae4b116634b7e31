// SPDX-License-Identifier: MIT
// Puts the page together.
"use strict";

const theGraph = data.graph;
const theModel = theGraph === null ? null : makeModel(theGraph);

// ------------------------------------------------------------------------------------------ two views

function chooseView(name) {
  for (const view of ["graph", "layers"]) {
    const isChosen = view === name;
    byId(`view-${view}`).hidden = !isChosen;
    byId(`show-${view}`).setAttribute("aria-pressed", isChosen);
  }
  byId("graph-tools").hidden = name !== "graph" || stage.layout === null;
  unpin();
  showLegend(name);
  applyZoom();
  bringIntoView(thePlayer.step);
}

function startViews() {
  byId("views").hidden = false;
  for (const name of ["graph", "layers"]) byId(`show-${name}`).addEventListener("click", () => chooseView(name));
  chooseView("graph");
}

function legendItem(style, text) {
  const sample = style.startsWith("weight")
    ? svg(
        "svg",
        { viewBox: "0 0 28 8", "aria-hidden": "true" },
        svg("line", { class: style, x1: 1, y1: 4, x2: 27, y2: 4, "stroke-width": 3 }),
      )
    : element("span", { class: `dot ${style}` });
  return element("li", {}, sample, text);
}

function showLegend(view) {
  const output = theModel.nodes[theModel.output].label;
  const items = [["value", words.value]];
  const delta = theGraph.network?.delta_sign < 0 ? words.legend_bias_delta : words.legend_delta;
  if (theModel.isSwept) items.push(["adjoint", view === "layers" ? delta : say(words.legend_adjoint, output)]);
  if (view === "layers") items.push(["weight positive", words.positive], ["weight negative", words.negative]);
  byId("legend").replaceChildren(...items.map(([style, text]) => legendItem(style, text)));
  const hint =
    view === "layers"
      ? [words.layers_hint]
      : sayWith(words.paths_hint, fragment(math(named(theModel.nodes[theModel.output]))));
  byId("hint").replaceChildren(...(view === "graph" && stage.layout === null ? [] : hint));
}

// --------------------------------------------------------------------------------------------- print

const MOST_PRINTED = 150;

// All steps, or of very many the one that is shown.
function writeAllSteps() {
  const steps = theModel.steps.length <= MOST_PRINTED ? theModel.steps.map((_, step) => step) : [thePlayer.step];
  const items = steps.map((step) =>
    element("section", {}, element("h3", {}, stepTitle(step)), writtenSentence(step), ...stepBlocks(step)),
  );
  byId("all-steps").replaceChildren(...items);
}

function preparePaper() {
  writeAllSteps();
  printTable(true);
}

function leavePaper() {
  byId("all-steps").replaceChildren();
  printTable(false);
}

// Answers of a lesson, which are printed open.
let openedForPaper = [];

function openAnswers() {
  openedForPaper = [...document.querySelectorAll("details:not([open])")];
  for (const made of openedForPaper) made.open = true;
}

function closeAnswers() {
  for (const made of openedForPaper) made.open = false;
  openedForPaper = [];
}

// --------------------------------------------------------------------------------------------- start

function startWalk() {
  byId("walk").hidden = false;
  byId("walk-title").hidden = data.lesson === null;
  startStage(theGraph.picture);
  startTrace();
  startTable(theGraph);
  showLegend("graph");
  if (theGraph.network) {
    startViews();
    startLayers(theGraph.network);
    startEquations(theGraph.network);
  }
  byId("formula").textContent = theGraph.network?.summary ?? theGraph.formula ?? "";
  byId("formula").hidden = byId("formula").textContent === "";
  addEventListener("beforeprint", preparePaper);
  addEventListener("afterprint", leavePaper);
  startPlayer();
}

fillInWords();
byId("theme").addEventListener("click", toggleTheme);
addEventListener("beforeprint", openAnswers);
addEventListener("afterprint", closeAnswers);
if (data.lesson !== null) showLesson(data.lesson);
if (theModel !== null) startWalk();
document.documentElement.dataset.ready = "";
