// SPDX-License-Identifier: MIT
// All paths from a node to the output: how many there are, and those with the largest products.
"use strict";

const MOST_PATHS = 6;

// By dynamic programming from the output down.
function countPaths(model) {
  const counts = new Array(model.nodes.length).fill(0);
  counts[model.output] = 1;
  for (let i = model.output - 1; i >= 0; i--) {
    for (const consumer of model.nodes[i].consumers) counts[i] += counts[consumer.node];
  }
  return counts;
}

// A path is its first edge and the rest of it, which is a path from the next node.
const AT_OUTPUT = { product: 1, partial: null, next: null, rest: null };

function pathsFrom(node, found) {
  const all = [];
  for (const { node: next, operand } of node.consumers) {
    for (const rest of found[next])
      all.push({ product: operand.partial * rest.product, partial: operand.partial, next, rest });
  }
  all.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  return all.slice(0, MOST_PATHS);
}

// The largest few of each node: every part of a largest path is one of its own node's.
function findPaths(model) {
  const found = model.nodes.map(() => []);
  found[model.output] = [AT_OUTPUT];
  for (let i = model.output - 1; i >= 0; i--) found[i] = pathsFrom(model.nodes[i], found);
  return found;
}

function makePaths(model) {
  const counts = countPaths(model);
  let found = null;
  return {
    count: (node) => counts[node],
    largest: (node) => (found ??= findPaths(model))[node],
  };
}

// The nodes of a path and the derivatives along it.
function stationsOf(node, path) {
  const stations = [node];
  const partials = [];
  for (let at = path; at.next !== null; at = at.rest) {
    stations.push(at.next);
    partials.push(at.partial);
  }
  return { stations, partials };
}

// Every node on a path from this one to the output.
function nodesAbove(model, node, paths) {
  const above = new Set([node]);
  const waiting = [node];
  while (waiting.length > 0) {
    for (const { node: next } of model.nodes[waiting.pop()].consumers) {
      if (above.has(next) || paths.count(next) === 0) continue;
      above.add(next);
      waiting.push(next);
    }
  }
  return above;
}
