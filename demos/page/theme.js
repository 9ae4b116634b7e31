// SPDX-License-Identifier: MIT
// Light or dark, before anything is shown: as the system has it, until the reader chooses.
"use strict";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function showTheme(isDark) {
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

function followSystem() {
  showTheme(systemIsDark.matches);
}

function toggleTheme() {
  systemIsDark.removeEventListener("change", followSystem);
  showTheme(document.documentElement.dataset.theme !== "dark");
}

systemIsDark.addEventListener("change", followSystem);
followSystem();
