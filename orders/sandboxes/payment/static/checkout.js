// The hosted page works without this: it only groups digits and keeps a second press from being sent.
import { helpTyping } from "./card-fields.js";

const form = document.querySelector("[data-card-form]");
helpTyping({ number: form.elements.number, expiry: form.elements.expiry, cvc: form.elements.cvc });

let isSent = false;
form.addEventListener("submit", (event) => {
  if (isSent) event.preventDefault();
  isSent = true;
  form.querySelector("button").setAttribute("aria-busy", "true");
});
// Coming back by the browser's own history shows the page as it was left: the form may be sent again.
window.addEventListener("pageshow", () => {
  isSent = false;
  form.querySelector("button").removeAttribute("aria-busy");
});

const wrong = form.querySelector('[aria-invalid="true"]');
if (wrong) wrong.focus();
