// The card form in its frame. It speaks with the shop's page by messages only, each with the frame's nonce,
// and sends card digits nowhere but to its own origin.
import { cvcLengthOf, digitsOf, helpTyping, lengthOf, brandOf, parseExpiry, problems } from "./card-fields.js";

const told = new URLSearchParams(window.location.hash.slice(1));
const PARENT_ORIGIN = told.get("origin");
const NONCE = told.get("nonce");
const VARIABLES = {
  borderRadius: "--round",
  colorBackground: "--field",
  colorDanger: "--wrong",
  colorPrimary: "--primary",
  colorText: "--text",
  colorTextPlaceholder: "--text-2",
  colorTextSecondary: "--text-2",
  fontFamily: "--face",
  fontSizeBase: "--size",
  spacingUnit: "--unit",
};

const form = document.getElementById("card");
const fields = { number: form.elements.number, expiry: form.elements.expiry, cvc: form.elements.cvc };
const tell = (type, details = {}) => {
  window.parent.postMessage({ from: "payment-sandbox", nonce: NONCE, type, ...details }, PARENT_ORIGIN);
};

const problemOf = (name) => problems[name](fields[name].value, name === "cvc" ? digitsOf(fields.number.value) : undefined);

function showProblem(name, sentence) {
  const place = document.getElementById(`${name}-error`);
  place.textContent = sentence;
  place.hidden = !sentence;
  if (sentence) fields[name].setAttribute("aria-invalid", "true");
  else fields[name].removeAttribute("aria-invalid");
}

const sentenceOf = (problem) => (problem ? form.getAttribute(`data-${problem}`) : "");

function tellChange() {
  const names = Object.keys(fields);
  tell("change", {
    complete: names.every((name) => !problemOf(name)),
    empty: names.every((name) => !fields[name].value),
    brand: brandOf(digitsOf(fields.number.value)) || "unknown",
  });
}

// A field that is full is judged at once; one that is half typed is judged when it is left.
function isFull(name) {
  const length = digitsOf(fields[name].value).length;
  const number = digitsOf(fields.number.value);
  return length >= { number: lengthOf(number), expiry: 4, cvc: cvcLengthOf(number) }[name];
}

function moveOn(name) {
  const next = { number: "expiry", expiry: "cvc" }[name];
  if (next && isFull(name) && !problemOf(name) && document.activeElement === fields[name]) fields[next].focus();
}

function changed(input) {
  const { name } = input;
  showProblem(name, isFull(name) ? sentenceOf(problemOf(name)) : "");
  if (name === "number" && fields.cvc.value && !isFull("cvc")) showProblem("cvc", "");
  moveOn(name);
  tellChange();
}

function firstProblem() {
  let first = null;
  for (const name of Object.keys(fields)) {
    const problem = problemOf(name);
    showProblem(name, sentenceOf(problem));
    if (problem && !first) first = { name, problem };
  }
  if (!first) return null;
  fields[first.name].focus();
  return { type: "validation_error", code: first.problem, message: sentenceOf(first.problem) };
}

function cardForm(billing) {
  const expiry = parseExpiry(fields.expiry.value);
  const sent = new URLSearchParams({
    type: "card",
    "card[number]": digitsOf(fields.number.value),
    "card[exp_month]": expiry.month,
    "card[exp_year]": expiry.year,
    "card[cvc]": digitsOf(fields.cvc.value),
  });
  for (const [name, value] of billing) sent.append(name, value);
  return sent;
}

async function createMethod({ key, billing }) {
  const error = firstProblem();
  if (error) return { error };
  const headers = { Authorization: `Bearer ${key}`, "Accept-Language": document.documentElement.lang };
  const answer = await fetch("/v1/payment_methods", { method: "POST", headers, body: cardForm(billing) });
  const read = await answer.json();
  return answer.ok ? { method: read.id } : read;
}

const actions = {
  appearance({ theme, variables }) {
    document.documentElement.dataset.theme = theme;
    for (const [name, property] of Object.entries(VARIABLES)) {
      if (variables[name]) document.documentElement.style.setProperty(property, variables[name]);
    }
  },
  blame({ field, message }) {
    showProblem(field, message);
    fields[field].focus();
  },
  clear() {
    for (const name of Object.keys(fields)) { fields[name].value = ""; showProblem(name, ""); }
    delete fields.number.closest("[data-brand-holder]").dataset.brand;
    tellChange();
  },
  focus: () => fields.number.focus(),
  blur: () => document.activeElement?.blur(),
  disable({ disabled }) {
    for (const input of Object.values(fields)) input.disabled = disabled;
  },
  validate: () => ({ error: firstProblem() ?? undefined }),
  create: createMethod,
};

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent || event.origin !== PARENT_ORIGIN || event.data?.nonce !== NONCE) return;
  const action = actions[event.data.type];
  if (!action) return;
  try {
    const result = await action(event.data);
    if (event.data.id) tell("reply", { id: event.data.id, result: result ?? {} });
  } catch (error) {
    tell("reply", { id: event.data.id, result: { error: { type: "api_connection_error", message: String(error) } } });
  }
});

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter") tell("enter");
  if (event.key === "Escape") tell("escape");
});
form.addEventListener("focusin", () => tell("focus"));
form.addEventListener("focusout", (event) => {
  const { name } = event.target;
  if (event.target.value) showProblem(name, sentenceOf(problemOf(name)));
  if (!event.relatedTarget) tell("blur");
});
helpTyping(fields, changed);
new ResizeObserver(() => tell("height", { height: document.body.getBoundingClientRect().height })).observe(document.body);
tell("ready");
