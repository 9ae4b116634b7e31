// SPDX-License-Identifier: MIT
// Going through the steps: buttons, slider, keys, play, and the step in the address.
"use strict";

const thePlayer = { step: 0, timer: null, isCalm: true };

const QUICK = 300; // milliseconds: below that nothing moves smoothly

function stepOfAddress() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  return found ? Number(found[1]) : 0;
}

// Browsers refuse too many changes of the address in a row.
let addressTimer = null;
function writeAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, "", `#step=${thePlayer.step}`), 200);
}

function showCounter() {
  const { step } = thePlayer;
  setText(byId("counter"), say(words.counter, step, theModel.lastStep));
  byId("slider").value = step;
  byId("slider").setAttribute("aria-valuetext", stepTitle(step));
  byId("player").dataset.pass = step > theModel.lastForward ? "backward" : "forward";
  for (const id of ["first", "previous"]) setDisabled(byId(id), step === 0);
  for (const id of ["next", "last"]) setDisabled(byId(id), step === theModel.lastStep);
}

// Without losing the focus, as a button does that is disabled in full.
function setDisabled(button, isDisabled) {
  button.setAttribute("aria-disabled", isDisabled);
}

function show(step) {
  if (stage.layout !== null) updateGraph(stage.layout, step);
  if (theGraph.network) {
    updateLayers(step);
    updateEquations(theGraph.network, step);
  }
  updateTable(step);
  showLine(step);
  showCounter();
  bringIntoView(step);
}

function goTo(step) {
  const next = Math.min(theModel.lastStep, Math.max(0, step));
  if (next === thePlayer.step) return;
  thePlayer.step = next;
  show(next);
  writeAddress();
}

// ---------------------------------------------------------------------------------------------- play

function isPlaying() {
  return thePlayer.timer !== null;
}

function pause() {
  clearInterval(thePlayer.timer);
  thePlayer.timer = null;
  thePlayer.isCalm = true;
  byId("player").classList.remove("playing");
  setLabel(byId("play"), words.play);
}

function playOn() {
  if (thePlayer.step === theModel.lastStep) pause();
  else goTo(thePlayer.step + 1);
}

function play() {
  const pace = Number(byId("speed").value);
  if (thePlayer.step === theModel.lastStep) goTo(0);
  clearInterval(thePlayer.timer);
  thePlayer.isCalm = pace >= QUICK;
  thePlayer.timer = setInterval(playOn, pace);
  byId("player").classList.add("playing");
  setLabel(byId("play"), words.pause);
}

function setLabel(button, label) {
  button.setAttribute("aria-label", label);
  button.title = label;
}

function goByHand(step) {
  pause();
  goTo(step);
}

// ---------------------------------------------------------------------------------------------- keys

const KEYS = {
  ArrowRight: () => goByHand(thePlayer.step + 1),
  ArrowLeft: () => goByHand(thePlayer.step - 1),
  Home: () => goByHand(0),
  End: () => goByHand(theModel.lastStep),
  " ": () => (isPlaying() ? pause() : play()),
  Escape: unpin,
};

// Whoever reads a lesson scrolls it.
function isReading(target) {
  return data.lesson !== null && !target.closest("#walk");
}

// What has its own use for a key keeps it.
function isKept(event) {
  const target = event.target;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return true;
  if (target.closest("input, select, .scroll[role=region]")) return event.key !== "Escape";
  if (isReading(target) && [" ", "Home", "End"].includes(event.key)) return true;
  if (event.key === " ") return target.matches("button, summary, [tabindex='0'].node");
  return false;
}

function onKey(event) {
  const action = KEYS[event.key];
  const node = nodeAt(event.target);
  if ((event.key === "Enter" || event.key === " ") && node !== null) {
    pin(node);
    event.preventDefault();
    return;
  }
  if (action === undefined || isKept(event)) return;
  event.preventDefault();
  action();
}

// --------------------------------------------------------------------------------------------- start

function startPlayer() {
  const { lastForward, lastStep } = theModel;
  byId("player").hidden = false;
  byId("slider").max = lastStep;
  byId("pass-forward").style.flexGrow = lastForward + 0.5;
  byId("pass-backward").style.flexGrow = lastStep - lastForward - 0.5;
  byId("pass-backward").hidden = !theModel.isSwept;
  byId("first").addEventListener("click", () => goByHand(0));
  byId("previous").addEventListener("click", () => goByHand(thePlayer.step - 1));
  byId("next").addEventListener("click", () => goByHand(thePlayer.step + 1));
  byId("last").addEventListener("click", () => goByHand(lastStep));
  byId("play").addEventListener("click", () => (isPlaying() ? pause() : play()));
  byId("slider").addEventListener("input", () => goByHand(Number(byId("slider").value)));
  byId("speed").addEventListener("change", () => isPlaying() && play());
  addEventListener("hashchange", () => goByHand(stepOfAddress()));
  document.addEventListener("keydown", onKey);
  pause();
  thePlayer.step = Math.min(lastStep, stepOfAddress());
  show(thePlayer.step);
}
