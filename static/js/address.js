// The address form while it is filled in: a number is put into its one form on leaving the box, a mistake is named
// there and then in the words that the server would use, and the words go away as soon as the mistake does.
const HYPHENS = /[-‐‑‒–—―−－ｰー\s()〒.]/gu;

const plain = (text) => text.normalize("NFKC").replace(HYPHENS, "");

// Each rule gives the name of the mistake, which the form carries the words for, or nothing.
const rules = {
  "postal-code": (typed) => {
    const digits = plain(typed);
    if (!/^\d+$/u.test(digits)) return "letters";
    return digits.length === 7 ? "" : "length";
  },
  telephone: (typed) => {
    const digits = plain(typed).replace(/^\+81(0?)/u, "0");
    if (!/^\d+$/u.test(digits)) return "letters";
    if (!digits.startsWith("0")) return "area";
    return digits.length === 10 || digits.length === 11 ? "" : "length";
  },
};

const shown = {
  "postal-code": (typed) => plain(typed).replace(/^(\d{3})(\d{4})$/u, "$1-$2"),
  telephone: (typed) => plain(typed).replace(/^\+81(0?)/u, "0"),
};

for (const form of document.querySelectorAll("form[data-address]")) {
  for (const input of form.querySelectorAll("[data-check]")) watch(input, form.dataset);
}

function watch(input, words) {
  const kind = input.dataset.check;
  let edited = false;
  input.addEventListener("input", () => {
    edited = true;
    if (input.getAttribute("aria-invalid") && !rules[kind](input.value)) clear(input);
  });
  input.addEventListener("blur", () => {
    if (!edited || !input.value.trim()) return;
    const mistake = rules[kind](input.value);
    if (mistake) name(input, sentence(words, kind, mistake));
    else {
      input.value = shown[kind](input.value);
      clear(input);
    }
  });
}

// data-postal-code-length on the form is dataset.postalCodeLength here.
function sentence(words, kind, mistake) {
  const key = `${kind}-${mistake}`.replace(/-(\w)/gu, (_, letter) => letter.toUpperCase());
  return words[key];
}

function name(input, text) {
  const error = errorOf(input) ?? makeError(input);
  error.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
  input.setAttribute("aria-invalid", "true");
  input.closest(".field").classList.add("field-invalid");
}

function clear(input) {
  errorOf(input)?.remove();
  input.removeAttribute("aria-invalid");
  describe(input, (ids) => ids.filter((id) => id !== `${input.id}_error`));
  input.closest(".field").classList.remove("field-invalid");
}

function errorOf(input) {
  return document.getElementById(`${input.id}_error`);
}

function makeError(input) {
  const error = Object.assign(document.createElement("p"), { id: `${input.id}_error`, className: "field-error" });
  error.setAttribute("role", "status");
  input.before(error);
  describe(input, (ids) => [...ids, error.id]);
  return error;
}

function describe(input, change) {
  const ids = change((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
  else input.removeAttribute("aria-describedby");
}
