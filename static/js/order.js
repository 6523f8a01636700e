// The page of an order changes without being loaded anew. An event only says that something has changed; what, the
// page asks for itself. Where events do not come through, it asks now and then as long as anything is open.
import { readConfig, start } from "./payment.js";

const POLL_MS = 20_000;
const QUIET_MS = 300;
const FAILURES_BEFORE_POLLING = 3;
const REGIONS = ["order-status", "order-details"];

const page = document.querySelector("[data-order]");
const said = document.querySelector("[data-order-said]");
const status = () => document.getElementById("order-status");

let events = null;
let poll = 0;
let pause = 0;
let failures = 0;
let isAsking = false;
let isAskedAgain = false;

const isDone = () => status().dataset.open === "no";
const isPaying = () => document.querySelector("#order-payment [data-pay]")?.getAttribute("aria-disabled") === "true";

// What has the focus is found again after the swap: by its id, else by where it leads.
const focusedIn = (region) => {
  const here = document.activeElement;
  if (!region.contains(here)) return () => {};
  const selector = here.id ? `#${CSS.escape(here.id)}` : here.href && `a[href="${CSS.escape(here.getAttribute("href"))}"]`;
  return () => selector && document.querySelector(selector)?.focus({ preventScroll: true });
};

const swap = (fresh, id) => {
  const here = document.getElementById(id);
  const there = fresh.getElementById(id);
  if (!there || here.innerHTML === there.innerHTML) return;
  const focusAgain = focusedIn(here);
  const opened = [...here.querySelectorAll("details")].map((details) => details.open);
  here.replaceWith(there);
  there.querySelectorAll("details").forEach((details, index) => (details.open = opened[index] ?? false));
  focusAgain();
};

const adopt = (fresh) => {
  const before = status().dataset.said;
  for (const id of REGIONS) swap(fresh, id);
  if (status().dataset.said !== before) said.textContent = status().dataset.said;
  const payment = document.getElementById("order-payment");
  const hasPayment = fresh.getElementById("order-payment") !== null;
  if (payment && !hasPayment && !isPaying()) payment.remove();
  if (!payment && hasPayment) window.location.reload(); // it can be paid after all, and its form has to be set up
};

const look = async () => {
  if (isAsking) {
    isAskedAgain = true;
    return;
  }
  isAsking = true;
  try {
    const response = await fetch(page.dataset.page, { headers: { "X-Requested-With": "fetch" } });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok && fresh.getElementById("order-status")) adopt(fresh);
    if (response.redirected || isDone()) rest(); // signed out, or nothing more will change
  } catch {
    // The network is away for a moment; the next event or the next look makes it good.
  } finally {
    isAsking = false;
    if (isAskedAgain) lookSoon();
    isAskedAgain = false;
  }
};

const lookSoon = () => {
  window.clearTimeout(pause);
  pause = window.setTimeout(look, QUIET_MS);
};

const rest = () => {
  events?.close();
  events = null;
  window.clearInterval(poll);
  poll = 0;
};

const pollInstead = () => {
  rest();
  lookSoon();
  poll = window.setInterval(look, POLL_MS);
};

const listen = () => {
  rest();
  if (isDone() || document.hidden) return;
  if (failures >= FAILURES_BEFORE_POLLING || !window.EventSource) {
    pollInstead();
    return;
  }
  const opened = new EventSource(page.dataset.events);
  events = opened;
  opened.addEventListener("change", lookSoon);
  opened.addEventListener("enough", pollInstead); // newer pages of the same reader listen in its place
  opened.addEventListener("open", () => {
    failures = 0;
    lookSoon(); // something may have happened while nobody listened
  });
  opened.addEventListener("error", () => {
    failures += 1;
    if (opened.readyState === EventSource.CLOSED || failures >= FAILURES_BEFORE_POLLING) pollInstead();
  });
};

document.addEventListener("visibilitychange", () => {
  if (document.hidden) rest();
  else listen();
});
window.addEventListener("pagehide", rest);

const form = document.getElementById("payment-form");
if (form) {
  const config = readConfig();
  start(form, config, async () => ({ clientSecret: config.clientSecret, returnUrl: config.returnUrl }));
}
listen();
