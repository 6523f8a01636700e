// Tells the library that the step has ended. It carries nothing secret, so any parent may hear it.
const { attempt } = document.querySelector("[data-attempt]").dataset;
window.parent.postMessage({ from: "payment-sandbox", type: "authentication-over", attempt }, "*");
