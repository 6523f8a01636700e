// The confirmation screen: the button makes the order, then pays it with the card form. After a declined card the
// order is there already, and the next try pays the same one.
import { Refusal, readConfig, start } from "./payment.js";

const form = document.getElementById("checkout-form");
const config = readConfig();
let placed = null;

const ask = async () => {
  const body = new FormData(form);
  body.set("method", "element");
  const response = await fetch(config.placeUrl, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
    // Signed out in the meantime, or the form's token is too old: the page itself knows what to do.
    throw new Refusal(form.dataset.stale, { url: window.location.href, link: form.dataset.look });
  }
  return response.json();
};

const place = async () => {
  if (placed) return placed;
  const answer = await ask();
  if (answer.error) throw new Refusal(answer.error, { url: answer.url, link: form.dataset.look });
  if (!answer.clientSecret) {
    window.location.assign(answer.url); // the order is made; its page says how to go on
    return null;
  }
  placed = answer;
  return placed;
};

start(form, config, place);
