/* The submission form beyond HTML and htmx: it says that it went out, and a field wears the colour of what the server said of it. */
(() => {
  const form = () => document.getElementById("job-form");

  document.addEventListener("submit", event => {
    if (event.target !== form() || event.defaultPrevented) return;
    const button = event.target.querySelector("button[data-busy]");
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
  });
  // A price that comes after that has nothing left to say.
  document.addEventListener("htmx:beforeSwap", event => { if (form()?.dataset.sent) event.detail.shouldSwap = false; });
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });

  // What is wrong came beside the price: mark the fields, take nothing out of them.
  const mark = () => document.querySelectorAll("#job-form .about").forEach(about => {
    const field = about.closest(".field"), input = field.querySelector(".input"), bad = about.hasAttribute("data-bad");
    field.toggleAttribute("data-bad", bad);
    if (bad) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  });
  document.addEventListener("htmx:afterSettle", mark);

  // A link to what must be corrected puts the cursor there, and opens what hides it.
  document.addEventListener("click", event => {
    const link = event.target.closest("#corrections a[href^='#']");
    if (!link) return;
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const hidden = field.closest("details:not([open])");
    if (hidden) hidden.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
})();
