// Suggestions under the search field, from an index that is fetched once somebody turns to the field.
// A combobox by the ARIA practice: arrows move, Enter opens, Escape closes; plain Enter searches on the server.
import { fold } from "./fold.js";

const MOST = 8;
const english = document.documentElement.lang === "en";

const score = ([name, nameEn, , , text], words) => {
  if (!words.every((word) => text.includes(word))) return -1;
  const first = words[0];
  return (fold(name).startsWith(first) || fold(nameEn).startsWith(first) ? 2 : 0) + (fold(name).includes(first) ? 1 : 0);
};

export const find = (entries, query) => {
  const words = fold(query).split(" ").filter(Boolean);
  if (!words.length) return [];
  return entries
    .map((entry) => [score(entry, words), entry])
    .filter(([points]) => points >= 0)
    .sort(([a], [b]) => b - a)
    .slice(0, MOST)
    .map(([, entry]) => entry);
};

export const start = async (form) => {
  const input = form.querySelector("input[type=search]");
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  list.hidden = true;
  form.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) {
    input.setAttribute(name, value);
  }

  const answer = await fetch(form.dataset.index);
  if (!answer.ok) return;
  const { entries } = await answer.json();
  let at = -1;

  const mark = (index) => {
    at = index;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", list.children[at].id);
    else input.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  const show = () => {
    const found = find(entries, input.value);
    list.replaceChildren(
      ...found.map(([name, nameEn, address, kind], place) => {
        const item = document.createElement("li");
        item.id = `suggestion-${place}`;
        item.setAttribute("role", "option");
        item.dataset.address = address;
        const label = document.createElement("span");
        label.textContent = english && nameEn ? nameEn : name;
        const what = document.createElement("small");
        what.textContent = form.dataset[kind] ?? "";
        item.append(label, what);
        return item;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    mark(-1);
  };

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const last = list.children.length - 1;
    if (event.key === "ArrowDown") mark(at >= last ? 0 : at + 1);
    else if (event.key === "ArrowUp") mark(at <= 0 ? last : at - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && at >= 0) location.assign(list.children[at].dataset.address);
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("[data-address]");
    event.preventDefault();
    if (item) location.assign(item.dataset.address);
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  if (input.value && document.activeElement === input) show();
};
