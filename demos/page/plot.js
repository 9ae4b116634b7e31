// SPDX-License-Identifier: MIT
// Plots: lines through points on axes that may be logarithmic, in the colour of the text.
"use strict";

const PLOT = { width: 640, height: 360, left: 72, right: 20, top: 16, bottom: 52 };
const DASHES = ["", "8 4", "2 4", "10 4 2 4", "14 6", "5 2", "2 2 8 2", "1 6"];

function isPlotted(curve, k, plot) {
  const x = numberOf(curve.x[k]);
  const y = numberOf(curve.y[k]);
  return Number.isFinite(x) && Number.isFinite(y) && (!plot.log_x || x > 0) && (!plot.log_y || y > 0);
}

function pointsOf(curve, plot) {
  return curve.x
    .map((_, k) => k)
    .filter((k) => isPlotted(curve, k, plot))
    .map((k) => [numberOf(curve.x[k]), numberOf(curve.y[k])]);
}

// Round steps of which about five fit.
function niceStep(span) {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
}

// From a little below the least to a little above the largest.
function linearAxis(low, high) {
  const span = high - low || Math.abs(low) || 1;
  const step = niceStep(span);
  const [from, to] = [low - 0.03 * span, high + 0.03 * span];
  const ticks = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) ticks.push(Number((k * step).toPrecision(12)));
  return { place: (x) => (x - from) / (to - from), ticks };
}

// Powers of ten, of many every second, third, ...
function logarithmicAxis(low, high) {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const every = Math.ceil((last - first) / 7);
  const ticks = [];
  for (let e = first; e <= last; e += every) ticks.push(10 ** e);
  return { place: (x) => (Math.log10(x) - first) / (last - first), ticks, isLogarithmic: true };
}

function axisOf(numbers, isLogarithmic) {
  const low = numbers.length > 0 ? Math.min(...numbers) : 1;
  const high = numbers.length > 0 ? Math.max(...numbers) : 2;
  return isLogarithmic ? logarithmicAxis(low, high) : linearAxis(low, high);
}

function tickText(x, axis) {
  if (!axis.isLogarithmic) return [showNumber(x, 4)];
  const exponent = Math.round(Math.log10(x));
  if (exponent >= -2 && exponent <= 3) return [showNumber(x)];
  return ["10", svg("tspan", { dy: "-0.5em", "font-size": "75%" }, String(exponent).replace("-", "−"))];
}

function axisLabel(text) {
  return placedSpans(formulaPieces(text));
}

function drawAxes(plot, x, y, toX, toY) {
  const { width, height, left, right, top, bottom } = PLOT;
  const lines = [];
  for (const tick of x.ticks) {
    lines.push(svg("line", { class: "grid", x1: toX(tick), y1: top, x2: toX(tick), y2: height - bottom }));
    lines.push(svg("text", { x: toX(tick), y: height - bottom + 18, "text-anchor": "middle" }, ...tickText(tick, x)));
  }
  for (const tick of y.ticks) {
    lines.push(svg("line", { class: "grid", x1: left, y1: toY(tick), x2: width - right, y2: toY(tick) }));
    lines.push(svg("text", { x: left - 8, y: toY(tick) + 4, "text-anchor": "end" }, ...tickText(tick, y)));
  }
  const middle = (top + height - bottom) / 2;
  return [
    ...lines,
    svg("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }),
    svg(
      "text",
      { class: "axis-label", x: (left + width - right) / 2, y: height - 10, "text-anchor": "middle" },
      ...axisLabel(plot.x_label),
    ),
    svg(
      "text",
      { class: "axis-label", x: 0, y: 0, "text-anchor": "middle", transform: `translate(16 ${middle}) rotate(-90)` },
      ...axisLabel(plot.y_label),
    ),
  ];
}

// Scattered points stand alone, without a line.
function drawCurve(curve, points, toX, toY, k) {
  const path = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`).join("");
  const dots =
    points.length <= 40 || curve.scattered
      ? points.map(([x, y]) => svg("circle", { cx: toX(x).toFixed(1), cy: toY(y).toFixed(1), r: 2.6 }))
      : [];
  const line = curve.scattered ? [] : [svg("path", { d: path, "stroke-dasharray": DASHES[k % DASHES.length] })];
  return svg("g", { class: `curve curve-${k % 4}` }, ...line, ...dots);
}

function plotLegend(plot) {
  const items = plot.curves.map((curve, k) => {
    const sample = svg(
      "svg",
      { viewBox: "0 0 40 10", class: `curve-${k % 4}`, "aria-hidden": "true" },
      svg("path", { d: "M1 5H39", "stroke-dasharray": DASHES[k % DASHES.length] }),
    );
    return element("li", {}, sample, curve.name);
  });
  return element("ul", { class: "plot-legend" }, ...items);
}

function drawPlot(plot) {
  const { width, height, left, right, top, bottom } = PLOT;
  const curves = plot.curves.map((curve) => pointsOf(curve, plot));
  const x = axisOf(
    curves.flat().map((point) => point[0]),
    plot.log_x,
  );
  const y = axisOf(
    curves.flat().map((point) => point[1]),
    plot.log_y,
  );
  const toX = (value) => left + x.place(value) * (width - left - right);
  const toY = (value) => height - bottom - y.place(value) * (height - top - bottom);
  const names = plot.curves.map((curve) => curve.name).join(words.comma);
  const label = say(words.plot_label, plot.y_label, plot.x_label, names);
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...drawAxes(plot, x, y, toX, toY),
    ...curves.map((points, k) => drawCurve(plot.curves[k], points, toX, toY, k)),
  );
  const figure = element("figure", { class: "plot" }, picture);
  if (plot.curves.length > 1) figure.append(plotLegend(plot));
  return figure;
}
