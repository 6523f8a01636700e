// The part of Stripe.js that the shop uses, served by the payment sandbox: Stripe(key), elements, the payment
// element, confirmPayment, retrievePaymentIntent. It styles by properties alone, so a strict policy lets it work.
(() => {
  "use strict";

  const SANDBOX = new URL(document.currentScript.src).origin;
  const READY_WITHIN_MS = 15_000;
  const LANGUAGES = ["ja", "en"];

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  const languageOf = (wanted) => {
    const code = (wanted && wanted !== "auto" ? wanted : navigator.language || "ja").slice(0, 2).toLowerCase();
    return LANGUAGES.includes(code) ? code : "ja";
  };

  const intentIdOf = (secret) => {
    if (typeof secret !== "string" || !/^pi_\w+_secret_\w+$/.test(secret)) {
      throw new IntegrationError(`Invalid value for clientSecret: it should be a PaymentIntent's client secret, such as pi_…_secret_…`);
    }
    return secret.split("_secret_")[0];
  };

  // Writes nested values in Stripe's form encoding: {a: {b: 1}} becomes a[b]=1.
  const encoded = (values, into = new URLSearchParams(), at = "") => {
    for (const [name, value] of Object.entries(values ?? {})) {
      const key = at ? `${at}[${name}]` : name;
      if (value === null || value === undefined) continue;
      if (typeof value === "object") encoded(value, into, key);
      else into.append(key, String(value));
    }
    return into;
  };

  // A shop whose text is light stands on dark ground.
  const isLight = (color) => {
    const [red, green, blue] = (color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 140;
  };

  const style = (node, properties) => Object.assign(node.style, properties);

  class Events {
    #heard = new Map();

    on(name, heard) {
      this.#heard.set(name, [...(this.#heard.get(name) ?? []), heard]);
      return this;
    }

    once(name, heard) {
      const first = (event) => { this.off(name, first); heard(event); };
      return this.on(name, first);
    }

    off(name, heard) {
      this.#heard.set(name, heard ? (this.#heard.get(name) ?? []).filter((known) => known !== heard) : []);
      return this;
    }

    tell(name, event = {}) {
      for (const heard of this.#heard.get(name) ?? []) heard({ elementType: "payment", ...event });
    }
  }

  class PaymentElement extends Events {
    #elements;
    #frame = null;
    #nonce = crypto.randomUUID();
    #waiting = new Map();
    #isReady = false;
    #timer = 0;
    #scheme = window.matchMedia("(prefers-color-scheme: dark)");

    constructor(elements) {
      super();
      this.#elements = elements;
      this.hear = this.hear.bind(this);
      this.dress = this.dress.bind(this);
    }

    mount(place) {
      const node = typeof place === "string" ? document.querySelector(place) : place;
      if (!(node instanceof Element)) throw new IntegrationError(`The element ${place} to mount in was not found.`);
      if (this.#frame) throw new IntegrationError("This Element is already mounted. Use unmount() first.");
      this.#frame = this.#newFrame();
      window.addEventListener("message", this.hear);
      this.#scheme.addEventListener("change", this.dress);
      this.#timer = window.setTimeout(() => this.#fail("The card form did not answer in time."), READY_WITHIN_MS);
      node.replaceChildren(this.#frame);
    }

    #newFrame() {
      const frame = document.createElement("iframe");
      const { language } = this.#elements;
      const told = new URLSearchParams({ nonce: this.#nonce, origin: window.location.origin });
      frame.src = `${SANDBOX}/elements/payment?locale=${language}#${told}`;
      frame.title = language === "ja" ? "カード情報の入力" : "Secure card input";
      frame.name = `payment-sandbox-${this.#nonce}`;
      frame.allow = "payment *; clipboard-read 'none'";
      // The frame's own page is "light" with a clear ground; the same here keeps the browser from painting it.
      style(frame, {
        border: "0", display: "block", margin: "-4px", width: "calc(100% + 8px)", height: "170px",
        colorScheme: "light", background: "transparent", userSelect: "none",
      });
      return frame;
    }

    #fail(message) {
      if (!this.#isReady) this.tell("loaderror", { error: { type: "api_connection_error", message } });
    }

    hear(event) {
      const { data } = event;
      const isOurs = event.source === this.#frame?.contentWindow && event.origin === SANDBOX;
      if (!isOurs || data?.nonce !== this.#nonce) return;
      if (data.type === "ready") this.#ready();
      else if (data.type === "height") style(this.#frame, { height: `${Math.ceil(data.height)}px` });
      else if (data.type === "reply") this.#waiting.get(data.id)?.(data.result);
      else if (data.type === "change") this.#changed(data);
      else if (["focus", "blur", "escape"].includes(data.type)) this.tell(data.type);
      else if (data.type === "enter") this.#frame.closest("form")?.requestSubmit();
    }

    #ready() {
      window.clearTimeout(this.#timer);
      this.#isReady = true;
      this.dress();
      this.tell("ready");
    }

    #changed({ complete, empty }) {
      this.tell("change", { complete, empty, collapsed: false, value: { type: "card" } });
    }

    dress() {
      if (!this.#frame) return;
      const { theme, variables = {} } = this.#elements.appearance;
      const surrounding = window.getComputedStyle(this.#frame.parentElement);
      const own = { fontFamily: surrounding.fontFamily, ...variables };
      const isNight = theme ? theme === "night" : isLight(surrounding.color);
      this.send("appearance", { theme: isNight ? "night" : "stripe", variables: own });
    }

    send(type, details = {}) {
      this.#frame?.contentWindow?.postMessage({ nonce: this.#nonce, type, ...details }, SANDBOX);
    }

    ask(type, details = {}) {
      if (!this.#isReady) {
        throw new IntegrationError("The payment Element must be mounted and ready before it can be submitted.");
      }
      const id = crypto.randomUUID();
      return new Promise((resolve) => {
        this.#waiting.set(id, (result) => { this.#waiting.delete(id); resolve(result); });
        this.send(type, { id, ...details });
      });
    }

    update(options = {}) {
      if ("readOnly" in options) this.send("disable", { disabled: Boolean(options.readOnly) });
      return this;
    }

    focus() { this.#frame?.focus(); this.send("focus"); }
    blur() { this.send("blur"); }
    clear() { this.send("clear"); }
    collapse() {}

    unmount() {
      window.clearTimeout(this.#timer);
      window.removeEventListener("message", this.hear);
      this.#scheme.removeEventListener("change", this.dress);
      this.#frame?.remove();
      this.#frame = null;
      this.#isReady = false;
    }

    destroy() {
      this.unmount();
      this.#elements.forget(this);
    }
  }

  class Elements extends Events {
    #payment = null;

    constructor(key, options = {}, defaults = {}) {
      super();
      this.key = key;
      this.options = options;
      this.language = languageOf(options.locale ?? defaults.locale);
      this.appearance = options.appearance ?? {};
      this.#check();
    }

    #check() {
      const { clientSecret, mode, amount, currency } = this.options;
      if (clientSecret !== undefined) intentIdOf(clientSecret);
      else if (mode === "payment" && !(Number.isInteger(amount) && amount > 0 && currency)) {
        throw new IntegrationError("elements() with mode: 'payment' needs amount (a whole number above 0) and currency.");
      } else if (mode !== undefined && mode !== "payment") {
        throw new IntegrationError(`The payment sandbox does not implement mode: '${mode}', though Stripe does.`);
      }
    }

    create(type) {
      if (type !== "payment") {
        throw new IntegrationError(`The payment sandbox implements the payment Element alone, not '${type}'.`);
      }
      if (this.#payment) throw new IntegrationError("Can only create one Element of type payment.");
      this.#payment = new PaymentElement(this);
      return this.#payment;
    }

    getElement(type) {
      return type === "payment" ? this.#payment : null;
    }

    forget(element) {
      if (this.#payment === element) this.#payment = null;
    }

    update(options = {}) {
      this.options = { ...this.options, ...options };
      this.#check();
      if (options.appearance) {
        this.appearance = options.appearance;
        this.#payment?.dress();
      }
    }

    async fetchUpdates() {
      return {};
    }

    async submit() {
      if (!this.#payment) throw new IntegrationError("elements.submit() needs a mounted payment Element.");
      const { error } = await this.#payment.ask("validate");
      return error ? { error } : { selectedPaymentMethod: "card" };
    }

    async method(billing) {
      if (!this.#payment) throw new IntegrationError("confirmPayment() needs a mounted payment Element.");
      const details = encoded({ billing_details: billing });
      return this.#payment.ask("create", { key: this.key, billing: [...details] });
    }

    blame(error) {
      const field = { number: "number", exp_month: "expiry", exp_year: "expiry", cvc: "cvc" }[error.param];
      if (field) this.#payment?.send("blame", { field, message: error.message });
    }
  }

  // Shows the bank's page in a frame above everything, also above a player, and waits until its step has ended.
  const authenticate = (page, language) => new Promise((resolve) => {
    const attempt = new URL(page).pathname.split("/").pop();
    const dialog = document.createElement("dialog");
    const frame = document.createElement("iframe");
    frame.src = `${page}?frame=1`;
    frame.title = language === "ja" ? "カード会社による本人認証" : "Verification by your card issuer";
    style(dialog, {
      position: "fixed", inset: "0", width: "100vw", height: "100dvh", maxWidth: "none", maxHeight: "none", margin: "0",
      padding: "16px", border: "0", boxSizing: "border-box", background: "rgba(10, 14, 24, 0.6)",
      display: "grid", placeItems: "center",
    });
    style(frame, {
      border: "0", borderRadius: "12px", width: "min(100%, 440px)", height: "min(100%, 480px)",
      boxShadow: "0 20px 60px rgba(0, 0, 0, 0.35)", background: "Canvas",
    });
    const end = (isOver) => {
      window.removeEventListener("message", hear);
      dialog.close();
      dialog.remove();
      resolve(isOver);
    };
    const hear = (event) => {
      const isOurs = event.source === frame.contentWindow && event.origin === SANDBOX;
      if (!isOurs || event.data?.attempt !== attempt) return;
      if (event.data.type === "authentication-over") end(true);
      if (event.data.type === "authentication-height") style(frame, { height: `min(100%, ${Number(event.data.height)}px)` });
    };
    window.addEventListener("message", hear);
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); end(false); });
    dialog.append(frame);
    document.body.append(dialog);
    dialog.showModal();
  });

  class Library {
    #key;
    #options;

    constructor(key, options = {}) {
      if (typeof key !== "string" || !key.startsWith("pk_")) {
        const secret = typeof key === "string" && key.startsWith("sk_");
        throw new IntegrationError(secret
          ? "You should not use your secret key with Stripe.js. Please pass a publishable key instead."
          : "Missing value for Stripe(): apiKey should be a publishable key, such as pk_test_….");
      }
      this.#key = key;
      this.#options = options;
    }

    elements(options = {}) {
      return new Elements(this.#key, options, this.#options);
    }

    async #call(path, language, body) {
      const headers = { Authorization: `Bearer ${this.#key}`, "Accept-Language": language };
      try {
        const answer = await fetch(`${SANDBOX}${path}`, { method: body ? "POST" : "GET", headers, body });
        const read = await answer.json();
        return answer.ok ? { paymentIntent: read } : { error: read.error };
      } catch (error) {
        return { error: { type: "api_connection_error", message: `${SANDBOX} could not be reached: ${error.message}` } };
      }
    }

    async retrievePaymentIntent(clientSecret) {
      const query = new URLSearchParams({ client_secret: clientSecret });
      const language = languageOf(this.#options.locale);
      return this.#call(`/v1/payment_intents/${intentIdOf(clientSecret)}?${query}`, language);
    }

    async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" } = {}) {
      const secret = clientSecret ?? elements?.options.clientSecret;
      const id = intentIdOf(secret);
      if (redirect !== "if_required" && !confirmParams.return_url) {
        throw new IntegrationError("Missing value for confirmPayment(): confirmParams.return_url should be an address.");
      }
      const language = elements?.language ?? languageOf(this.#options.locale);
      const made = await this.#methodOf(elements, confirmParams);
      if (made.error) return made;
      const sent = encoded({
        client_secret: secret, payment_method: made.method, return_url: confirmParams.return_url,
        receipt_email: confirmParams.receipt_email, shipping: confirmParams.shipping, use_stripe_sdk: true,
      });
      const result = await this.#finish(await this.#call(`/v1/payment_intents/${id}/confirm`, language, sent), secret, language);
      if (result.error) elements?.blame(result.error);
      return result.error || redirect === "if_required" ? result : this.#leave(confirmParams.return_url, result.paymentIntent);
    }

    async #methodOf(elements, confirmParams) {
      if (!elements) return { method: confirmParams.payment_method };
      const made = await elements.method(confirmParams.payment_method_data?.billing_details);
      if (made.error) elements.blame(made.error);
      return made;
    }

    async handleNextAction({ clientSecret }) {
      return this.#finish(await this.retrievePaymentIntent(clientSecret), clientSecret, languageOf(this.#options.locale));
    }

    // Takes an intent that asks for 3-D Secure through it, and returns what became of it.
    async #finish(result, secret, language) {
      if (result.error || result.paymentIntent.status !== "requires_action") return result;
      const action = result.paymentIntent.next_action;
      await authenticate(action.use_stripe_sdk?.stripe_js ?? action.redirect_to_url.url, language);
      const after = await this.retrievePaymentIntent(secret);
      if (after.error || after.paymentIntent.status === "succeeded") return after;
      return { error: this.#unauthenticated(after.paymentIntent, language) };
    }

    #unauthenticated(intent, language) {
      const error = intent.last_payment_error;
      const message = language === "ja"
        ? "本人認証ができませんでした。別のカードでもう一度お試しください。"
        : "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
      if (error && error.type === "card_error") return { ...error, payment_intent: intent };
      const code = "payment_intent_authentication_failure";
      return { type: "invalid_request_error", code, ...error, message, payment_intent: intent };
    }

    // Goes to the shop's address as Stripe does. The promise stays open: the page is about to go.
    #leave(returnUrl, intent) {
      const address = new URL(returnUrl, window.location.href);
      address.searchParams.set("payment_intent", intent.id);
      address.searchParams.set("payment_intent_client_secret", intent.client_secret);
      address.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "failed");
      window.location.assign(address);
      return new Promise(() => {});
    }
  }

  window.Stripe = function Stripe(key, options) {
    return new Library(key, options);
  };
  window.Stripe.version = "payment-sandbox";
})();
