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

  // A form goes out once: who presses twice has pressed once.
  document.addEventListener("submit", event => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.matches("[hx-post], [data-theme-form]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", event => { if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(form => delete form.dataset.sent); });

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
  // What renews itself rests while nobody looks at the page, and asks at once when somebody does. It also rests while somebody is in it: the keyboard, a chosen row, an open menu or an explanation.
  document.addEventListener("htmx:beforeRequest", event => {
    const { elt, requestConfig } = event.detail;
    if (document.hidden && requestConfig.verb === "get" && elt.matches("[hx-trigger*='visibilitychange']")) { event.preventDefault(); return; }
    const busy = () => elt.contains(document.activeElement) || outlet?.open || elt.querySelector("tbody :checked, details[open]:not([data-still])");
    if (elt.matches("[data-rests]") && busy()) event.preventDefault();
  });
  document.addEventListener("htmx:responseError", event => {
    if (event.detail.target === outlet && asker) asker.setAttribute("title", outlet.dataset.failed);
  });
  const close = () => {
    if (outlet?.open) { outlet.open = false; asker?.focus(); return; }
    const menu = document.querySelector(".menu-of-row[open], [data-decline][open]:focus-within");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    const at = stations().find(s => s.getAttribute("aria-expanded") === "true");
    if (at) { show(""); at.focus(); }
  };

  document.addEventListener("click", event => {
    document.querySelectorAll(".menu-of-row[open]").forEach(menu => { if (!menu.contains(event.target)) menu.open = false; });
    const station = event.target.closest(".station [aria-controls]");
    if (station) { event.preventDefault(); show(station.getAttribute("aria-expanded") === "true" ? "" : station.getAttribute("aria-controls")); return; }
    if (event.target.closest("[data-close]")) { event.preventDefault(); close(); return; }
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => { copy.lastChild.textContent = copy.dataset.copied; });
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-dismiss]").closest(".note").remove();
  });
  // Asked to decline, one writes why: the cursor goes there, since the button that opened the field has gone.
  document.addEventListener("toggle", event => { if (event.target.matches?.("[data-decline][open]")) event.target.querySelector("textarea").focus(); }, true);
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") close();
    if (event.key === "/" && !typing(event.target) && !event.metaKey && !event.ctrlKey) {
      const field = [...document.querySelectorAll("input[type=search]")].find(f => f.offsetParent);
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
  });
})();
