// SPDX-License-Identifier: MIT
// Puts the page together.
"use strict";

const theGraph = data.graph;
const theModel = theGraph === null ? null : makeModel(theGraph);

// -------------------------------------------------------------------------------------- light or dark

function toggleTheme() {
  const root = document.documentElement;
  const isDark =
    getComputedStyle(root).colorScheme === "dark" ||
    (root.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = isDark ? "light" : "dark";
}

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
  if (theModel.isSwept)
    items.push(["adjoint", view === "layers" ? words.legend_delta : say(words.legend_adjoint, output)]);
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
if (data.lesson !== null) showLesson(data.lesson);
if (theModel !== null) startWalk();
document.documentElement.dataset.ready = "";
