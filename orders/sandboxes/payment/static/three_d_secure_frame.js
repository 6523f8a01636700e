// Tells the library how tall the bank's page is, so that its frame fits it.
const sheet = document.querySelector("[data-attempt]");
const { attempt } = sheet.dataset;

new ResizeObserver(() => {
  const height = Math.ceil(sheet.getBoundingClientRect().height);
  window.parent.postMessage({ from: "payment-sandbox", type: "authentication-height", attempt, height }, "*");
}).observe(sheet);
