"use strict";
// Hides what has none of the words that are looked for. Without this script the page is the whole list.
(() => {
  const find = document.getElementById("find");
  const nothing = document.getElementById("nothing");
  const articles = [...document.querySelectorAll("article")].map((node) => ({ node, text: node.textContent.toLowerCase() }));
  const entries = [...document.querySelectorAll(".side li")];
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set();
    for (const { node, text } of articles) {
      node.hidden = !words.every((word) => text.includes(word));
      if (!node.hidden) shown.add(node.id);
    }
    for (const entry of entries) entry.hidden = !shown.has(entry.dataset.for);
    for (const part of document.querySelectorAll(".chapter")) part.hidden = !part.querySelector("article:not([hidden])");
    for (const part of document.querySelectorAll(".side section")) {
      part.hidden = part.querySelector("li") !== null && !part.querySelector("li:not([hidden])");
    }
    nothing.hidden = shown.size > 0;
  };
  find.hidden = false;
  find.addEventListener("input", show);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== find) {
      event.preventDefault();
      find.focus();
    }
  });
})();
