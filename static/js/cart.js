// Puts goods into the cart without leaving the page. The server answers as it does to a plain form; from the page
// it sends back, the count and the messages are taken over. Where anything fails, the plain form is submitted.
const adopt = (page, selector) => {
  const here = document.querySelector(selector);
  const there = page.querySelector(selector);
  if (!here || !there) return false;
  here.replaceChildren(...there.cloneNode(true).childNodes);
  here.hidden = there.hidden;
  here.className = there.className;
  return true;
};

const add = async (form, button) => {
  const body = new FormData(form, button);
  const response = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  if (!response.ok) throw new Error(`the cart answered ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!adopt(page, "#cart-count")) throw new Error("the answer holds no cart");
  adopt(page, "#messages");
};

for (const form of document.querySelectorAll("form[data-add-to-cart]")) {
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.value && button.name === "next") return; // leads on to another page
    event.preventDefault();
    button?.setAttribute("aria-disabled", "true");
    try {
      await add(form, button);
      form.querySelector("[data-added]")?.remove();
      const done = document.createElement("a");
      done.href = document.querySelector(".site-tools a:last-child").href;
      done.dataset.added = "";
      done.className = "added";
      done.textContent = document.querySelector("#messages")?.textContent.trim() ?? "";
      form.append(done);
    } catch {
      form.submit();
    } finally {
      button?.removeAttribute("aria-disabled");
    }
  });
}
