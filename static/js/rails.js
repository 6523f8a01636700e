// Buttons for rows that scroll sideways. The rows work without them by touch, wheel, Tab and arrow keys.
for (const rail of document.querySelectorAll("[data-rail]")) {
  const row = rail.querySelector(".rail-scroll");
  const buttons = rail.querySelector(".row-buttons");
  if (!row || !buttons) continue;
  const back = buttons.querySelector("[data-rail-back]");
  const on = buttons.querySelector("[data-rail-on]");
  const move = (direction) => row.scrollBy({ left: direction * row.clientWidth * 0.85, behavior: "smooth" });
  const update = () => {
    buttons.hidden = row.scrollWidth <= row.clientWidth + 4;
    back.disabled = row.scrollLeft <= 4;
    on.disabled = row.scrollLeft + row.clientWidth >= row.scrollWidth - 4;
  };
  back.addEventListener("click", () => move(-1));
  on.addEventListener("click", () => move(1));
  row.addEventListener("scroll", () => requestAnimationFrame(update), { passive: true });
  new ResizeObserver(update).observe(row);
}
