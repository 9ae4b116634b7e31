// SPDX-License-Identifier: MIT
// Pointing at a node: every path from it to the output, and the product of the derivatives along each.
"use strict";

const trace = { paths: null, node: null, pinned: null, lit: [] };

// "w → z → y"
function mathRoute(stations) {
  const MOST = 11;
  const names = stations.map((index) => named(theModel.nodes[index]));
  const shown = names.length > MOST ? [...names.slice(0, 5), "<mo>⋯</mo>", ...names.slice(-5)] : names;
  return shown.join("<mo>→</mo>");
}

function mathProduct(partials) {
  const MOST = 11;
  const factors = partials.map((x, k) => (k > 0 ? mathTerm(x) : mathNumber(x)));
  const shown = factors.length > MOST ? [...factors.slice(0, 5), "<mo>⋯</mo>", ...factors.slice(-5)] : factors;
  return shown.join(TIMES);
}

function pathItem(node, path) {
  const { stations, partials } = stationsOf(node, path);
  const line = `${mathRoute(stations)}<mspace width="1.2em"/>${mathProduct(partials)}${EQUALS}${mathNumber(path.product)}`;
  const item = element("li", { "data-product": path.product });
  item.append(fragment(math(line)));
  return item;
}

function pathsTitle(index, count) {
  const [here, output] = [index, theModel.output].map((k) => fragment(math(named(theModel.nodes[k]))));
  if (index === theModel.output) return sayWith(words.at_output, here);
  if (count === 0) return sayWith(words.no_path, here, output);
  return sayWith(words.paths_count, here, output, showCount(count));
}

// The sum of all products is the adjoint; of those that are not listed it is said how many there are.
function sumItem(node, paths, count) {
  const output = theModel.nodes[theModel.output];
  const item = element("p", { class: "sum" });
  const terms = paths.map((path) => path.product);
  const rest = count > paths.length ? "<mo>+</mo><mo>⋯</mo>" : "";
  const sum = count > 1 ? `${mathSum(terms)}${rest}${EQUALS}` : "";
  item.append(fragment(math(`${derivative(output, node)}${EQUALS}${sum}${mathNumber(node.adjoint)}`)));
  if (count > paths.length)
    item.append(element("span", { class: "hint" }, say(words.more_paths, showCount(count - paths.length))));
  return item;
}

function showPaths(index) {
  const node = theModel.nodes[index];
  const count = trace.paths.count(index);
  const paths = index === theModel.output ? [] : trace.paths.largest(index);
  const list = element("ol", { class: "path-list" }, ...paths.map((path) => pathItem(index, path)));
  const parts = [element("p", { class: "head" }, ...pathsTitle(index, count))];
  if (paths.length > 0) parts.push(list);
  if (paths.length > 0 && theModel.isSwept) parts.push(sumItem(node, paths, count));
  byId("paths").replaceChildren(...parts);
  byId("paths").hidden = false;
}

function hidePaths() {
  byId("paths").hidden = true;
}

// ---------------------------------------------------------------------------------------- lighting

function dimTrace() {
  for (const made of trace.lit) made.classList.remove("on-path");
  trace.lit = [];
  byId("stage").classList.remove("tracing");
}

function lightTrace(index) {
  const above = nodesAbove(theModel, index, trace.paths);
  const layout = stage.layout;
  for (const node of above) {
    const box = layout.boxOf.get(node);
    trace.lit.push(box.element);
    for (const { node: next } of theModel.nodes[node].consumers) {
      if (above.has(next))
        trace.lit.push(...(layout.edgesOf.get(`${box.index} ${layout.boxOf.get(next).index}`) ?? []));
    }
  }
  for (const made of trace.lit) made.classList.add("on-path");
  byId("stage").classList.add("tracing");
}

function traceFrom(index) {
  if (trace.node === index) return;
  trace.node = index;
  dimTrace();
  if (index === null) {
    hidePaths();
    return;
  }
  if (stage.layout !== null) lightTrace(index);
  showPaths(index);
}

// ----------------------------------------------------------------------------------------- pointing

// The node of a box; a group has none.
function nodeAt(target) {
  const made = target.closest?.("[data-box]");
  if (!made) return null;
  return stage.layout.boxes[made.dataset.box].node ?? null;
}

function setPressed(index, isPressed) {
  stage.layout?.boxOf.get(index)?.element.setAttribute("aria-pressed", isPressed);
}

function setPinned(index) {
  setPressed(trace.pinned, false);
  trace.pinned = index;
  setPressed(index, true);
}

function pin(index) {
  if (trace.pinned === index) unpin();
  else {
    setPinned(index);
    traceFrom(index);
  }
}

function unpin() {
  setPinned(null);
  traceFrom(null);
}

function startTrace() {
  trace.paths = makePaths(theModel);
  const box = byId("graph");
  box.addEventListener(
    "pointerover",
    (event) => event.pointerType === "mouse" && traceFrom(nodeAt(event.target) ?? trace.pinned),
  );
  box.addEventListener("pointerleave", () => traceFrom(trace.pinned));
  box.addEventListener("focusin", (event) => traceFrom(nodeAt(event.target) ?? trace.pinned));
  box.addEventListener("focusout", () => traceFrom(trace.pinned));
  box.addEventListener("click", (event) => {
    const node = nodeAt(event.target);
    if (node === null) unpin();
    else pin(node);
  });
}
