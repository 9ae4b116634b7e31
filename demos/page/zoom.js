// SPDX-License-Identifier: MIT
// The size of the graph in its box, which part of it is seen, and whether it is folded.
"use strict";

const SMALLEST_FIT = 0.62; // a graph that would be smaller scrolls instead
const LARGEST_FIT = 1.35;

const stage = { layout: null, zoom: 1, isFolded: false, layouts: {} };

function fittingScale() {
  const box = byId("graph");
  const style = getComputedStyle(box);
  const width = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const height = parseFloat(style.maxHeight) - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  const fit = Math.min(width / stage.layout.width, Number.isNaN(height) ? Infinity : height / stage.layout.height);
  return Math.min(LARGEST_FIT, Math.max(SMALLEST_FIT, fit));
}

function applyZoom() {
  if (stage.layout === null || byId("graph").clientWidth === 0) return;
  const scale = fittingScale() * stage.zoom;
  stage.layout.element.setAttribute("width", Math.floor(stage.layout.width * scale));
  stage.layout.element.setAttribute("height", Math.floor(stage.layout.height * scale));
}

function zoomBy(factor) {
  stage.zoom = factor === null ? 1 : Math.min(6, Math.max(0.1, stage.zoom * factor));
  applyZoom();
  bringIntoView(thePlayer.step);
}

function hasMotion() {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// Scrolls a box, and nothing else, until this part of it is seen.
function scrollWithin(box, part, isSmooth) {
  const outer = box.getBoundingClientRect();
  const inner = part.getBoundingClientRect();
  const shift = (from, to, low, high) => (from < low + 24 || to > high - 24 ? (from + to - low - high) / 2 : 0);
  const left = shift(inner.left, inner.right, outer.left, outer.right);
  const top = shift(inner.top, inner.bottom, outer.top, outer.bottom);
  if (left !== 0 || top !== 0) box.scrollBy({ left, top, behavior: isSmooth && hasMotion() ? "smooth" : "instant" });
}

function bringIntoView(step) {
  const { node } = theModel.steps[step];
  const neuron = document.querySelector("#layers .neuron.current");
  if (neuron !== null && byId("layers").clientWidth > 0) scrollWithin(byId("layers"), neuron, thePlayer.isCalm);
  if (node === undefined || stage.layout === null || byId("graph").clientWidth === 0) return;
  scrollWithin(byId("graph"), stage.layout.boxOf.get(node).element, thePlayer.isCalm);
}

// -------------------------------------------------------------------------------------------- folding

function showLayout(isFolded) {
  stage.isFolded = isFolded;
  stage.layout = isFolded ? stage.layouts.folded : stage.layouts.full;
  stage.layout.element ??= drawGraph(stage.layout);
  byId("graph").replaceChildren(stage.layout.element);
  setText(byId("fold"), isFolded ? words.unfold : words.fold);
  applyZoom();
}

function toggleFold() {
  unpin();
  stage.zoom = 1;
  showLayout(!stage.isFolded);
  updateGraph(stage.layout, thePlayer.step);
  bringIntoView(thePlayer.step);
}

function startStage(picture) {
  stage.layouts = picture;
  if (picture.folded === null && picture.full === null) {
    byId("graph").append(element("p", { class: "note" }, picture.advice));
    byId("graph-tools").hidden = true;
    return;
  }
  byId("fold").hidden = picture.folded === null || picture.full === null;
  byId("fold").addEventListener("click", toggleFold);
  byId("zoom-in").addEventListener("click", () => zoomBy(1.25));
  byId("zoom-out").addEventListener("click", () => zoomBy(0.8));
  byId("zoom-fit").addEventListener("click", () => zoomBy(null));
  showLayout(picture.folded !== null);
  new ResizeObserver(applyZoom).observe(byId("graph"));
}
