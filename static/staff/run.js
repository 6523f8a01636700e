// The page of a run follows the run without being loaded anew, and opens a stage without jumping. An event only says that
// something has changed; what, the page asks for itself. Without this file every link and form works as it stands.
const POLL_MS = 10_000;
const QUIET_MS = 300;
const REGIONS = ["run-head", "run-graph", "stage", "run-strip", "run-take-back", "run-log"];

const page = document.querySelector("[data-run]");
let pause = 0;
let number = 0;
let events = null;

const isOpen = () => document.getElementById("run-head")?.dataset.open === "yes";

// What somebody is typing, or has opened, is not taken out of their hands.
const isInUse = (region) =>
  [...region.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue) ||
  (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select, button"));

const stateOf = (region) => ({
  opened: new Map([...region.querySelectorAll("details")].map((one, at) => [one.id || at, one.open])),
  scrolled: [...region.querySelectorAll(".run-scroll, .run-items")].map((one) => [one.scrollLeft, one.scrollTop]),
  focused: region.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null,
});

const restore = (region, { opened, scrolled, focused }, keepsFolds) => {
  if (keepsFolds) {
    region.querySelectorAll("details").forEach((one, at) => {
      const was = opened.get(one.id || at);
      if (was !== undefined) one.open = was;
    });
  }
  region.querySelectorAll(".run-scroll, .run-items").forEach((one, at) => {
    if (scrolled[at]) [one.scrollLeft, one.scrollTop] = scrolled[at];
  });
  if (focused) region.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
};

const swap = (fresh, id, isAnotherStage) => {
  const here = document.getElementById(id);
  const there = fresh.getElementById(id);
  if (!here || !there) {
    if (here && !there && !isInUse(here)) here.remove();
    return;
  }
  if (here.innerHTML === there.innerHTML) return;
  if (isInUse(here) && !isAnotherStage) return;
  const state = stateOf(here);
  here.replaceWith(there);
  restore(there, state, !isAnotherStage);
};

const look = async (address = window.location.href, isAnotherStage = false) => {
  const mine = ++number;
  try {
    const response = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine !== number || !response.ok || !fresh.querySelector("[data-run]")) return false;
    for (const id of REGIONS) swap(fresh, id, isAnotherStage);
    return true;
  } catch {
    return false; // the network is away for a moment; the next look makes it good
  }
};

const lookSoon = () => {
  window.clearTimeout(pause);
  pause = window.setTimeout(look, QUIET_MS);
};

const listen = () => {
  if (!window.EventSource || !isOpen()) return;
  events = new EventSource(page.dataset.events);
  events.addEventListener("change", lookSoon);
  events.addEventListener("enough", () => events.close());
};

page.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-stage]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const address = new URL(link.getAttribute("href"), window.location.href);
  if (await look(address.href, true)) {
    window.history.pushState({}, "", address);
    const stage = document.getElementById("stage");
    if (stage.getBoundingClientRect().top > window.innerHeight * 0.8) stage.scrollIntoView({ block: "start" });
  } else window.location.assign(address);
});

window.addEventListener("popstate", () => look(window.location.href, true));
window.setInterval(() => {
  if (isOpen() && document.visibilityState === "visible") look();
}, POLL_MS);

// In a narrow window the stage that is open is brought into the box's sight.
const box = document.querySelector(".run-scroll");
const chosen = box?.querySelector(".run-selected");
if (chosen) {
  const [inner, outer] = [chosen.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.right > outer.right || inner.left < outer.left) box.scrollLeft += inner.left - outer.left - 40;
}
listen();
