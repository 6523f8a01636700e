// Shows a picture of the gallery in place; without JavaScript the small ones are links to the large.
const main = document.querySelector("[data-gallery-main]");
const links = document.querySelectorAll(".gallery-more a");

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (!main) return;
    event.preventDefault();
    main.src = link.href;
    main.alt = link.querySelector("img").alt;
    for (const other of links) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
  });
}
