// The cart saves a quantity the moment it changes. The server answers as it does to a plain form; the region of the
// page that shows the cart is taken over from its answer. Where anything fails, the plain form is sent.
const TYPING_MS = 500;

const region = () => document.getElementById("cart-region");
const said = document.querySelector("[data-cart-said]");
let newest = 0;

const adopt = (page) => {
  const focus = document.activeElement?.id;
  for (const selector of ["#cart-region", "#messages", "#cart-count"]) {
    const here = document.querySelector(selector);
    const there = page.querySelector(selector);
    if (here && there) here.replaceWith(there);
  }
  const again = focus && document.getElementById(focus);
  if (again && !again.disabled) again.focus({ preventScroll: true });
  else if (focus) (document.getElementById("cart-undo") ?? lastOf(focus))?.focus({ preventScroll: true });
  said.textContent = region().dataset.said;
};

// A button that has come to its end leaves the focus with the number between the two.
const lastOf = (id) => document.getElementById(id.replace(/^(less|more)-/, "quantity-"));

const send = async (form, body) => {
  newest += 1;
  const mine = newest;
  region().setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok || !page.getElementById("cart-region")) throw new Error(`the cart answered ${response.status}`);
    if (mine === newest) adopt(page);
  } catch {
    form.submit();
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-quantity], [data-remove]")) return;
  event.preventDefault();
  window.clearTimeout(timers.get(form));
  send(form, new FormData(form, event.submitter));
});

const timers = new WeakMap();
document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-quantity]");
  if (!form) return;
  window.clearTimeout(timers.get(form));
  if (!target.value) return; // being typed anew
  timers.set(form, window.setTimeout(() => target.reportValidity() && send(form, new FormData(form)), TYPING_MS));
});
