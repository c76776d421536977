/* What a page does beyond HTML and htmx: theme, keyboard, explanations, copying. Every page can be read without it. */
(() => {
  const root = document.documentElement;
  const typing = el => el.matches?.("input, textarea, select, [contenteditable]");

  // Theme: the form works without this script; here it changes the page at once and keeps the choice in the same cookie.
  document.addEventListener("submit", event => {
    const form = event.target.closest("form[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    const theme = event.submitter.value;
    document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    document.querySelectorAll("form[data-theme-form] button").forEach(b => b.setAttribute("aria-pressed", b.value === theme));
  });

  // Stations of a throughline: one explanation open at a time, focus returns to its station.
  const stations = () => [...document.querySelectorAll(".station [aria-controls]")];
  const show = id => {
    stations().forEach(b => b.setAttribute("aria-expanded", b.getAttribute("aria-controls") === id));
    document.querySelectorAll("dialog.explain[data-station]").forEach(d => { d.open = d.id === id; });
  };

  // Explanations that the server sends into #explain.
  const outlet = document.getElementById("explain");
  let asker = null;
  document.addEventListener("htmx:beforeRequest", event => { if (event.detail.target === outlet) asker = event.detail.elt; });
  document.addEventListener("htmx:afterSwap", event => {
    if (event.detail.target !== outlet) return;
    outlet.open = true;
    outlet.querySelector("[data-close]")?.focus();
  });
  // A table that renews itself rests while the keyboard is in it or an explanation of it is open.
  document.addEventListener("htmx:beforeRequest", event => {
    const { elt } = event.detail;
    if (elt.id === "job-table" && (elt.contains(document.activeElement) || outlet?.open)) event.preventDefault();
  });
  document.addEventListener("htmx:responseError", event => {
    if (event.detail.target === outlet && asker) asker.setAttribute("title", outlet.dataset.failed);
  });
  const close = () => {
    if (outlet?.open) { outlet.open = false; asker?.focus(); return; }
    const at = stations().find(s => s.getAttribute("aria-expanded") === "true");
    if (at) { show(""); at.focus(); }
  };

  document.addEventListener("click", event => {
    const station = event.target.closest(".station [aria-controls]");
    if (station) { event.preventDefault(); show(station.getAttribute("aria-expanded") === "true" ? "" : station.getAttribute("aria-controls")); return; }
    if (event.target.closest("[data-close]")) { event.preventDefault(); close(); return; }
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => { copy.lastChild.textContent = copy.dataset.copied; });
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-dismiss]").closest(".note").remove();
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") close();
    if (event.key === "/" && !typing(event.target) && !event.metaKey && !event.ctrlKey) {
      const field = [...document.querySelectorAll("input[type=search]")].find(f => f.offsetParent);
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
  });
})();
