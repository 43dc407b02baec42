"use strict";
// Sorting: a click on a heading sorts by it, another one turns the order around.
const PLAIN = /^(-?(?:\d[\d,]*)?\.?\d+(?:e[+-]?\d+)?)( %)?$/;
const WORDS = new Intl.Collator("en", { numeric: true });

function value(cell) {
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  const plain = PLAIN.exec(cell.textContent);
  return plain ? Number(plain[1].replaceAll(",", "")) : NaN;
}

function sort(heading) {
  const rising = heading.getAttribute("aria-sort") !== "ascending";
  const column = heading.cellIndex, numeric = heading.classList.contains("n");
  const body = heading.closest("table").tBodies[0];
  const keyed = Array.from(body.rows, (row) => {
    const cell = row.cells[column], text = cell.textContent;
    const key = numeric ? value(cell) : text;
    return { row, key, missing: numeric ? Number.isNaN(key) : text === "" || text === "–" };
  });
  const sign = rising ? 1 : -1;
  keyed.sort((a, b) => a.missing - b.missing
    || (a.missing ? 0 : sign * (numeric ? a.key - b.key : WORDS.compare(a.key, b.key))));
  body.append(...keyed.map((its) => its.row));
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
}

for (const heading of document.querySelectorAll("thead th")) {
  if (heading.closest("table").tBodies[0].rows.length < 2) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => sort(heading));
}

// Values of figures: without this script, browsers show the titles by themselves.
const tip = document.getElementById("tip");
for (const title of document.querySelectorAll(".hover title")) {
  title.parentNode.dataset.tip = title.textContent;
  title.remove();
}
document.addEventListener("scroll", () => { tip.hidden = true; }, { capture: true, passive: true });
document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest?.("[data-tip]");
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.dataset.tip;
  const right = event.clientX + 14 + tip.offsetWidth > innerWidth;
  const below = event.clientY + 14 + tip.offsetHeight > innerHeight;
  tip.style.left = `${right ? Math.max(0, event.clientX - 10 - tip.offsetWidth) : event.clientX + 14}px`;
  tip.style.top = `${below ? Math.max(0, event.clientY - 10 - tip.offsetHeight) : event.clientY + 14}px`;
});
