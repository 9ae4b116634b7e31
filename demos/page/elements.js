// SPDX-License-Identifier: MIT
// The data, their words, and making elements.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;

function byId(id) {
  return document.getElementById(id);
}

function setAttributes(made, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
}

// Children are elements or texts.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

// A sentence with %1$s, %2$s, ... (or %s, one after the other) filled in.
function say(format, ...values) {
  let next = 0;
  return format.replace(/%(?:(\d+)\$)?s/g, (mark, place) => values[place ? place - 1 : next++]);
}

// The same with elements among the values: a list of texts and elements.
function sayWith(format, ...values) {
  return format
    .split(/(%\d\$s|%s)/)
    .map((part) => (/^%/.test(part) ? values[/\d/.test(part) ? part[1] - 1 : 0] : part));
}

function setText(made, text) {
  if (made.textContent !== text) made.textContent = text;
}

// Mathematics comes from the program, escaped already.
function math(inner, attributes = "") {
  return `<math ${attributes}>${inner}</math>`;
}

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function escaped(text) {
  return String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}

// The parts of the template that wait for a word.
function fillInWords() {
  for (const made of document.querySelectorAll("[data-word]")) made.textContent = words[made.dataset.word];
  for (const made of document.querySelectorAll("[data-label]")) {
    made.setAttribute("aria-label", words[made.dataset.label]);
    if (made.tagName === "BUTTON") made.title = words[made.dataset.label];
  }
}
