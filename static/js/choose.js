/* Choosing rows of a table: all at once, a range with Shift, the row in focus with x. Without it each box still works. */
(() => {
  const form = document.querySelector("form[data-choose]");
  if (!form) return;
  const boxes = () => [...form.querySelectorAll("tbody input[type=checkbox][name=job]")];
  let last = null;
  const tell = () => {
    const all = boxes(), chosen = all.filter(box => box.checked).length;
    const head = form.querySelector("[data-all]");
    if (head) { head.checked = chosen > 0 && chosen === all.length; head.indeterminate = chosen > 0 && chosen < all.length; }
    if (chosen) form.querySelector("[data-chosen]").textContent = chosen === 1 ? form.dataset.one : form.dataset.many.replace("{n}", chosen);
  };
  form.addEventListener("click", event => {
    const box = event.target;
    if (box.name !== "job" || box.type !== "checkbox") return;
    const all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
    if (event.shiftKey && from >= 0) all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(each => { each.checked = box.checked; });
    last = box;
  });
  form.addEventListener("change", event => {
    if (event.target.matches("[data-all]")) boxes().forEach(box => { box.checked = event.target.checked; });
    tell();
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input:not([type=checkbox]), textarea, select")) return;
    const box = document.activeElement?.closest?.("tr")?.querySelector("input[name=job]");
    if (!box || !form.contains(box)) return;
    event.preventDefault();
    box.checked = !box.checked;
    last = box;
    tell();
  });
  document.addEventListener("htmx:afterSwap", tell);
  addEventListener("pageshow", tell);   // a browser that goes back keeps what was chosen
})();
