// Typing help of a card form: grouping of digits, the brand, and what is still wrong. Used by the frame and the hosted page.

const GROUPS = { amex: [4, 6, 5], other: [4, 4, 4, 4, 3] };
const YEARS_AHEAD = 50;

export const digitsOf = (text) => text.normalize("NFKC").replace(/\D/g, "");

export function brandOf(digits) {
  if (/^3[47]/.test(digits)) return "amex";
  if (/^35/.test(digits)) return "jcb";
  if (/^4/.test(digits)) return "visa";
  if (/^(5[1-5]|2[2-7])/.test(digits)) return "mastercard";
  return "";
}

export const lengthOf = (digits) => (brandOf(digits) === "amex" ? 15 : 16);
export const cvcLengthOf = (digits) => (brandOf(digits) === "amex" ? 4 : 3);

export function passesLuhn(digits) {
  const doubled = [...digits].reverse().map((digit, place) => Number(digit) * (1 + (place % 2)));
  return doubled.reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0) % 10 === 0;
}

function grouped(digits) {
  const parts = [];
  let rest = digits.slice(0, brandOf(digits) === "amex" ? 15 : 19);
  for (const size of GROUPS[brandOf(digits)] ?? GROUPS.other) {
    if (!rest) break;
    parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return parts.join(" ");
}

function expiryShown(text, isDeleting) {
  let digits = digitsOf(text);
  if (/^[2-9]/.test(digits) || /^\d\s*\//.test(text.trim())) digits = `0${digits}`;
  // Autofill may write the full year.
  if (digits.length === 6 && digits.slice(2, 4) === "20") digits = digits.slice(0, 2) + digits.slice(4);
  digits = digits.slice(0, 4);
  if (digits.length > 2) return `${digits.slice(0, 2)} / ${digits.slice(2)}`;
  return digits.length === 2 && !isDeleting ? `${digits} / ` : digits;
}

// Rewrites the field and leaves the caret behind the digit that it stood behind.
function rewrite(input, shown) {
  if (input.value === shown) return;
  const before = digitsOf(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
  const wasAtEnd = input.selectionStart === null || input.selectionStart === input.value.length;
  input.value = shown;
  let caret = shown.length;
  if (!wasAtEnd) {
    let seen = 0;
    caret = [...shown].findIndex((sign) => /\d/.test(sign) && ++seen === before) + 1;
  }
  if (input === input.ownerDocument.activeElement) input.setSelectionRange(caret, caret);
}

export function parseExpiry(text) {
  const digits = digitsOf(text);
  return digits.length < 4 ? null : { month: Number(digits.slice(0, 2)), year: 2000 + Number(digits.slice(2, 4)) };
}

// The name of what is wrong with a field, or "" where nothing is.
export const problems = {
  number(text) {
    const digits = digitsOf(text);
    if (digits.length < lengthOf(digits)) return "incomplete_number";
    return passesLuhn(digits) ? "" : "invalid_number";
  },
  expiry(text, now = new Date()) {
    const expiry = parseExpiry(text);
    if (!expiry || expiry.month < 1 || expiry.month > 12) return "incomplete_expiry";
    const past = expiry.year * 12 + expiry.month < now.getFullYear() * 12 + now.getMonth() + 1;
    return past || expiry.year > now.getFullYear() + YEARS_AHEAD ? "past_expiry" : "";
  },
  cvc(text, digits) {
    return digitsOf(text).length === cvcLengthOf(digits) ? "" : "incomplete_cvc";
  },
};

export function helpTyping({ number, expiry, cvc }, changed = () => {}) {
  const holder = number.closest("[data-brand-holder]");
  const showNumber = () => {
    rewrite(number, grouped(digitsOf(number.value)));
    const brand = brandOf(digitsOf(number.value));
    if (brand) holder.dataset.brand = brand;
    else delete holder.dataset.brand;
    cvc.maxLength = cvcLengthOf(digitsOf(number.value));
  };
  number.addEventListener("input", () => { showNumber(); changed(number); });
  expiry.addEventListener("input", (event) => {
    rewrite(expiry, expiryShown(expiry.value, (event.inputType ?? "").startsWith("delete")));
    changed(expiry);
  });
  cvc.addEventListener("input", () => {
    cvc.value = digitsOf(cvc.value).slice(0, cvcLengthOf(digitsOf(number.value)));
    changed(cvc);
  });
  showNumber();
}
