// A notice that was read can be put away on this device.
const KEY = "notices-read";
const read = new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));

for (const notice of document.querySelectorAll("[data-notice]")) {
  const id = notice.dataset.notice;
  if (read.has(id)) {
    notice.remove();
    continue;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.dismiss = "";
  button.setAttribute("aria-label", notice.closest("[data-close-label]").dataset.closeLabel);
  button.textContent = "×";
  button.addEventListener("click", () => {
    read.add(id);
    localStorage.setItem(KEY, JSON.stringify([...read].slice(-50)));
    notice.remove();
  });
  notice.append(button);
}
