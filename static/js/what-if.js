/* What if, by hand: a project dragged to the other list, its bar dragged to another month; every change is worked out by the server. Without it the fields below do the same. */
(() => {
  const board = () => document.querySelector("[data-what-if]");
  if (!board()) return;
  const form = () => board().closest("form");
  const row = el => el.closest("li[data-key]");
  const zone = el => el?.closest?.("[data-zone]");
  const live = document.createElement("p");
  live.className = "sr";
  live.setAttribute("aria-live", "polite");
  document.body.append(live);

  let waiting = 0;
  const weigh = () => { clearTimeout(waiting); waiting = setTimeout(() => form().dispatchEvent(new Event("weigh")), 250); };
  const turn = li => {
    const box = form().querySelector(`input[name=out][value="${li.dataset.key}"]`);
    const held = li.contains(document.activeElement) ? document.activeElement : null;
    box.checked = !box.checked;
    document.querySelector(`[data-zone=${box.checked ? "out" : "in"}] ol`).append(li);
    held?.focus();   // moving an element lets go of the focus
    weigh();
  };
  const at = bar => Number(bar.getAttribute("aria-valuenow"));
  const plan = bar => Number(bar.dataset.plan);
  const put = (bar, months) => {
    const least = Number(bar.getAttribute("aria-valuemin")), most = Number(bar.getAttribute("aria-valuemax"));
    const now = Math.min(most, Math.max(least, Math.round(months)));
    bar.setAttribute("aria-valuenow", now);
    const by = now - plan(bar), words = board().dataset[by > 0 ? "later" : by < 0 ? "earlier" : "planned"];
    bar.setAttribute("aria-valuetext", words.replace("{n}", now).replace("{by}", Math.abs(by)));
    bar.style.setProperty("--from", `${Math.min(100, now / board().dataset.months * 100)}%`);
  };
  const keep = bar => {
    const months = at(bar) - plan(bar);
    const choice = form().querySelector(`select[name="delay-${row(bar).dataset.key}"]`);
    if (Number(choice.value) === months) return;
    if (![...choice.options].some(each => Number(each.value) === months)) {
      const words = board().dataset[months > 0 ? "delayed" : "advanced"];
      choice.add(new Option(words.replace("{by}", Math.abs(months)), months));
    }
    choice.value = months;
    weigh();
  };

  let drag = null;
  const end = () => {
    if (!drag) return;
    drag.li.removeAttribute("data-dragged");
    drag.li.style.removeProperty("--by");
    document.querySelectorAll("[data-zone][data-over]").forEach(each => each.removeAttribute("data-over"));
    drag = null;
  };
  document.addEventListener("pointerdown", event => {
    const el = event.target.closest?.("[data-what-if] :is([role=slider], [data-grip])");
    if (!el || event.button) return;
    drag = { el, li: row(el), x: event.clientX, y: event.clientY, was: el.matches("[role=slider]") ? at(el) : null };
    el.setPointerCapture(event.pointerId);
    if (drag.was === null) drag.li.setAttribute("data-dragged", ""); else el.focus();
    event.preventDefault();
  });
  document.addEventListener("pointermove", event => {
    if (!drag) return;
    if (drag.was !== null) {
      const course = drag.el.parentElement, away = getComputedStyle(course).direction === "rtl" ? -1 : 1;
      put(drag.el, drag.was + away * (event.clientX - drag.x) / course.clientWidth * board().dataset.months);
      return;
    }
    drag.li.style.setProperty("--by", `${event.clientY - drag.y}px`);
    const over = zone(document.elementFromPoint(event.clientX, event.clientY));
    document.querySelectorAll("[data-zone]").forEach(each => each.toggleAttribute("data-over", each === over && over !== zone(drag.li)));
  });
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    const { el, li, was } = drag, over = document.querySelector("[data-zone][data-over]");
    end();
    if (was !== null) keep(el); else if (over) turn(li);
  });
  const cancel = () => {
    if (drag?.was !== null && drag) put(drag.el, drag.was);
    end();
  };
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", event => {
    if (drag && event.key === "Escape") { cancel(); event.preventDefault(); return; }
    const bar = event.target.closest?.("[data-what-if] [role=slider]");
    if (!bar || event.ctrlKey || event.metaKey || event.altKey) return;
    const away = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at(bar) + away, ArrowLeft: at(bar) - away, ArrowUp: at(bar) + 1, ArrowDown: at(bar) - 1, PageUp: at(bar) + 3, PageDown: at(bar) - 3,
      Home: Number(bar.getAttribute("aria-valuemin")), End: Number(bar.getAttribute("aria-valuemax")) }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    put(bar, to);
    keep(bar);
  });
  document.addEventListener("click", event => {
    const button = event.target.closest?.("[data-what-if] [data-turn]");
    if (button) turn(row(button));
  });
  const wake = () => {
    board()?.setAttribute("data-live", "");
    board()?.querySelectorAll("[role=slider]").forEach(bar => put(bar, at(bar)));
  };
  // htmx takes scripts out of what it swaps, data as well: the figures of the chart are put back beside their box.
  const redraw = text => {
    const data = new DOMParser().parseFromString(text, "text/html").getElementById("portfolios");
    const box = document.querySelector("[data-figure=portfolios]");
    if (!data || !box) return;
    document.getElementById("portfolios")?.remove();
    box.after(document.importNode(data, true));
    window.throughlineCharts?.draw(box);
  };
  document.addEventListener("htmx:afterSwap", event => {
    if (!board() || event.detail.target.id !== "main") return;
    wake();
    redraw(event.detail.xhr.responseText);
    live.textContent = board().dataset.sum;
  });
  wake();
})();
