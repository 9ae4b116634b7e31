// SPDX-License-Identifier: MIT
// Numbers for reading, by the same rules as in the terminal (show_number in demos/print.c).
"use strict";

// JSON has no infinities and no NaN: they come as texts.
function numberOf(x) {
  if (typeof x !== "string") return x;
  return { inf: Infinity, "-inf": -Infinity }[x] ?? NaN;
}

// %.*g of C.
function general(x, digits) {
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const e = Number(exponent);
  const short = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (e >= -4 && e < digits) return short(x.toFixed(digits - 1 - e));
  return `${short(mantissa)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}

function exactly(x, digits) {
  for (let n = Math.min(digits, 15); n <= digits + 2 && n <= 17; n++) {
    const shown = general(x, n);
    if (Number(shown) === x) return shown;
  }
  return null;
}

// %.0f of C: of two equally near the even one.
function wholeNumber(x) {
  const nearest = Math.round(x);
  return String(Math.abs(x % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest);
}

// As in the terminal, with the minus sign of ASCII. Below 10^9 no digit before the decimal mark is left out.
function plainNumber(x, digits = data.digits) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const size = Math.abs(x);
  const isWhole = x === Math.floor(x);
  if (size < 1e9 && (isWhole || (size >= 10 ** digits && digits < 9))) return wholeNumber(x);
  const shown = exactly(x, digits) ?? general(x, digits);
  return size < 1e9 && shown.includes("e+") ? wholeNumber(x) : shown;
}

const UNKNOWN = "—";

// With a true minus sign.
function showNumber(x, digits) {
  return plainNumber(x, digits).replace(/-/g, "−");
}

// Something whose order of magnitude matters.
function showMagnitude(x) {
  return x === 0 ? "0" : showNumber(x, 2);
}

// As MathML: 1.2e-07 as a power of ten, an infinity as its sign.
function mathNumber(x, digits) {
  const [mantissa, exponent] = plainNumber(x, digits).split("e");
  const sign = mantissa.startsWith("-") ? '<mo form="prefix">−</mo>' : "";
  const bare = mantissa.replace("-", "").replace("inf", "∞");
  const number = /^\d/.test(bare) ? `<mn>${bare}</mn>` : `<mi>${bare}</mi>`;
  if (exponent === undefined) return `<mrow>${sign}${number}</mrow>`;
  return `<mrow>${sign}${number}<mo>·</mo>${powerOfTen(Number(exponent))}</mrow>`;
}

function powerOfTen(exponent) {
  const digits = `<mn>${Math.abs(exponent)}</mn>`;
  return `<msup><mn>10</mn>${exponent < 0 ? `<mrow><mo>−</mo>${digits}</mrow>` : digits}</msup>`;
}

// As a factor or a term behind a sign: in parentheses where it is negative.
function mathTerm(x, digits) {
  const number = mathNumber(x, digits);
  return x < 0 ? `<mrow><mo>(</mo>${number}<mo>)</mo></mrow>` : number;
}

// A count that may be too large for an integer.
function showCount(n) {
  if (n < 1e15) return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  return showNumber(n, 3);
}

// What the reader chose: as typed if it has at most 10 digits.
function showInput(x) {
  if (x === Math.floor(x) && Math.abs(x) < 1e9) return showNumber(x);
  for (let n = data.digits; n <= 10; n++) {
    if (Number(general(x, n)) === x) return general(x, n).replace(/-/g, "−");
  }
  return showNumber(x);
}
