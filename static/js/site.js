// What every page gets once JavaScript runs; each concern is a module of its own, loaded only where it has work.
const loaders = [
  ["[data-error-summary]", () => import("./errors.js")],
  ["[data-rail]", () => import("./rails.js")],
  ["form[data-add-to-cart]", () => import("./cart.js")],
  ["[data-notice]", () => import("./notices.js")],
  ["[data-gallery]", () => import("./gallery.js")],
];

for (const [selector, load] of loaders) {
  if (document.querySelector(selector)) load();
}

// Suggestions are fetched when somebody is about to search, not before.
const search = document.querySelector("form[data-search]");
search?.addEventListener("focusin", () => import("./suggestions.js").then((module) => module.start(search)), { once: true });
