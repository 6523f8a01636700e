// Puts goods into the cart without leaving the page; the count in the head changes and the answer is read out once.
// Where the call fails, the plain form is submitted.
const announce = (text) => {
  document.querySelector("#announcer").textContent = text;
};

const count = (pieces) => {
  const badge = document.querySelector("#cart-count");
  badge.querySelector("[data-count]").textContent = String(pieces);
  badge.hidden = pieces === 0;
};

// The answer right where the button was pressed, so that nothing moves above it; with the way to the cart.
const answerAt = (form, text, isError) => {
  const line = form.querySelector("[data-answer]") ?? document.createElement("p");
  line.dataset.answer = "";
  line.className = isError ? "added added-error" : "added";
  line.textContent = `${text} `;
  if (!isError) {
    const way = document.querySelector("#cart-count").closest("a");
    const link = document.createElement("a");
    link.href = way.href;
    link.textContent = way.querySelector("span").textContent;
    line.append(link);
  }
  form.append(line);
  announce(text);
};

const add = async (form, button) => {
  const response = await fetch(form.action, {
    method: "POST",
    body: new FormData(form, button),
    headers: { Accept: "application/json" },
  });
  const answer = await response.json();
  if (answer.url) location.assign(answer.url);
  else if (answer.error) answerAt(form, answer.error, true);
  else {
    count(answer.count);
    answerAt(form, answer.message, false);
  }
};

for (const form of document.querySelectorAll("form[data-add-to-cart]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button?.disabled) return;
    if (button) button.disabled = true;
    try {
      await add(form, button);
    } catch {
      form.submit();
    } finally {
      if (button) button.disabled = false;
    }
  });
}
