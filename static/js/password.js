// A button beside each password that shows what is typed; the words come from the page.
for (const area of document.querySelectorAll("[data-passwords]")) {
  for (const input of area.querySelectorAll('input[type="password"]')) addToggle(input, area.dataset);
}

function addToggle(input, words) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = words.show;
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? words.show : words.hide;
  });
  const row = document.createElement("span");
  row.className = "password-row";
  input.replaceWith(row);
  row.append(input, button);
}
