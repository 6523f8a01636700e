// The card form of the payment service in our page, and paying with it. Used by the checkout, where the order is made
// on the way, and by the page of an order that waits for its payment. It uses what Stripe.js documents and no more:
// elements() in deferred mode, submit(), confirmPayment().
const SPINNER_AFTER_MS = 500;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The form lives in a frame of the service; it is told our colours, by day and by night.
const appearance = () => ({
  theme: window.matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe",
  variables: {
    colorPrimary: token("--link"),
    colorBackground: token("--surface"),
    colorText: token("--text"),
    colorTextSecondary: token("--text-soft"),
    colorDanger: token("--bad"),
    borderRadius: token("--radius-s"),
    fontSizeBase: "16px",
  },
});

const mount = (place, config) => {
  const stripe = window.Stripe(config.publishableKey, { locale: config.locale });
  const { amount, currency, locale } = config;
  const elements = stripe.elements({ mode: "payment", amount, currency, locale, appearance: appearance() });
  const card = elements.create("payment");
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", () => elements.update({ appearance: appearance() }));
  const opened = new Promise((resolve, reject) => {
    card.on("ready", resolve);
    card.on("loaderror", ({ error }) => reject(new Error(error.message)));
  });
  card.mount(place);
  return { stripe, elements, opened };
};

// What is said beside the form. A problem with the card takes the focus; one inside the frame is shown there.
const voice = (form) => {
  const box = form.querySelector("[data-payment-error]");
  const words = box.querySelector("[data-payment-words]");
  const way = box.querySelector("[data-payment-way]");
  return {
    hush() {
      box.hidden = true;
    },
    say(text, { url = "", link = "", takesFocus = true } = {}) {
      words.textContent = text;
      way.hidden = !url;
      if (url) Object.assign(way, { href: url, textContent: link });
      box.hidden = false;
      if (takesFocus) box.focus();
    },
  };
};

// One press at a time: the button stays where it is, says that it works, and turns a wheel when that takes a while.
const press = (form, button) => {
  const status = form.querySelector("[data-payment-status]");
  let timer = 0;
  return {
    get isHeld() {
      return button.getAttribute("aria-disabled") === "true";
    },
    hold() {
      button.setAttribute("aria-disabled", "true");
      timer = window.setTimeout(() => {
        button.dataset.spins = "";
        status.textContent = form.dataset.busy;
      }, SPINNER_AFTER_MS);
    },
    release() {
      window.clearTimeout(timer);
      button.removeAttribute("aria-disabled");
      delete button.dataset.spins;
      status.textContent = "";
    },
  };
};

// Our own words for what the card company said, else the service's.
const wordsFor = ({ type, code, decline_code: reason, message }, { declines }) => {
  if (type !== "card_error") return declines[code] || message || declines[""];
  return declines[reason] || declines[code] || declines[""];
};

// A refusal of ours: words, and where to look. It is no fault of the card.
export class Refusal extends Error {
  constructor(text, way = {}) {
    super(text);
    this.way = way;
  }
}

// Lets `form` pay with the card form in it. `begin` gives the secret and the address to come back to, or nothing when
// it has led the page elsewhere. Until the card form is there, and where it never comes, the plain form is sent.
export const start = (form, config, begin) => {
  const button = form.querySelector("[data-pay]");
  const place = form.querySelector("[data-payment-element]");
  const spoken = voice(form);
  const held = press(form, button);
  let card = null;
  let otherWay = {};

  const withoutCard = () => {
    card = null;
    place.closest("[data-card-box]").dataset.cardBox = "away";
    spoken.say(form.dataset.noCardForm, { takesFocus: false });
  };

  const pay = async () => {
    const checked = await card.elements.submit();
    if (checked.error) return checked.error;
    const begun = await begin(form);
    if (!begun) return null;
    if (begun.url) otherWay = { url: begun.url, link: form.dataset.otherWay };
    const { clientSecret, returnUrl } = begun;
    const { elements, stripe } = card;
    const paid = await stripe.confirmPayment({ elements, clientSecret, confirmParams: { return_url: returnUrl } });
    return paid.error ?? null; // without an error the browser is on its way to the order
  };

  // A mistake in a box of the card form is shown there, and has the focus already.
  const tell = (error) => {
    if (error.type !== "validation_error") spoken.say(wordsFor(error, config), otherWay);
    held.release();
  };

  const tried = async () => {
    try {
      const error = await pay();
      if (error) tell(error);
    } catch (fault) {
      const isRefusal = fault instanceof Refusal;
      spoken.say(isRefusal ? fault.message : form.dataset.unreachable, isRefusal ? fault.way : otherWay);
      held.release();
      if (!isRefusal) throw fault;
    }
  };

  form.addEventListener("submit", (event) => {
    if (held.isHeld || card) event.preventDefault();
    if (held.isHeld) return;
    held.hold();
    if (!card) return; // the plain form is sent, and leads to the service's own page
    spoken.hush();
    tried();
  });
  window.addEventListener("pageshow", (event) => event.persisted && held.release());

  if (!window.Stripe) return withoutCard();
  const mounted = mount(place, config);
  return mounted.opened.then(() => (card = mounted), withoutCard);
};

export const readConfig = () => JSON.parse(document.getElementById("payment_config").textContent);
