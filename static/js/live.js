/* The live part of a job's page: fetches only the points that the curves lack, and lets the log follow or rest.
   Everything else on the page comes from htmx. Without this script the page is right when it is loaded again. */
(() => {
  const EVERY = 1000, AFTER_FAULT = 5000, MOST = 2000;
  const body = () => document.getElementById("job-body");
  const have = JSON.parse(body()?.dataset.since || "{}");

  // Add what is new to the JSON that charts.js draws from, so that a change of colours redraws all of it.
  const extend = (trace, delta) => {
    const name = trace.meta.series, epoch = delta.epoch.map(e => Math.round(e * 1e4) / 1e4);
    if (delta.from === 0) { trace.x = epoch; trace.y = delta.value; }
    else if (delta.from === (have[name] || 0)) { trace.x = trace.x.concat(epoch); trace.y = trace.y.concat(delta.value); }
    else { have[name] = 0; return; }           // the run went back to a checkpoint: ask for the whole curve
    have[name] = delta.from + delta.value.length;
    if (trace.x.length > MOST) {
      const keep = (_, i, all) => i % 2 === 0 || i === all.length - 1;
      trace.x = trace.x.filter(keep); trace.y = trace.y.filter(keep);
    }
  };
  const show = ({ series, layouts }) => {
    for (const id in layouts) {
      const source = document.getElementById(id), box = document.querySelector(`[data-figure="${id}"]`);
      if (!source || !box) continue;
      const figure = JSON.parse(source.textContent);
      figure.data.forEach(trace => { const delta = series[trace.meta.series]; if (delta) extend(trace, delta); });
      figure.layout = layouts[id];
      source.textContent = JSON.stringify(figure);
      window.throughlineCharts?.draw(box);
    }
  };
  const poll = async () => {
    let wait = EVERY;
    if (!document.hidden) {
      try {
        const answer = await fetch(`${body().dataset.series}?since=${encodeURIComponent(JSON.stringify(have))}`, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) throw new Error(answer.status);
        const news = await answer.json();
        show(news);
        if (news.ended) return;
      } catch { wait = AFTER_FAULT; }
    }
    setTimeout(poll, wait);
  };
  if (body()?.hasAttribute("data-live")) setTimeout(poll, EVERY);

  // The meter is drawn anew every second: it rests while an explanation of it is open, and keeps the cursor of the keyboard.
  const focusable = () => [...document.querySelectorAll("#live a")];
  let held = -1;
  document.addEventListener("htmx:beforeRequest", event => {
    if (event.detail.elt.id === "live" && document.getElementById("explain")?.open) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", event => { if (event.detail.target.id === "live") held = focusable().indexOf(document.activeElement); });
  document.addEventListener("htmx:afterSwap", event => { if (event.detail.target.id === "live" && held >= 0) focusable()[held]?.focus(); });

  // The log: followed it stays at its end; left alone it rests, so that it can be read and copied.
  const log = () => document.getElementById("job-log");
  const follows = () => document.getElementById("follow")?.checked;
  const toEnd = () => { const box = log(); if (box && follows()) box.scrollTop = box.scrollHeight; };
  document.addEventListener("htmx:oobBeforeSwap", event => {
    const { target, fragment } = event.detail;
    const news = fragment.firstElementChild;
    const unchanged = news?.innerHTML === target.innerHTML && news.hidden === target.hidden;
    if (unchanged || target === log() && !follows()) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:oobAfterSwap", event => { if (event.detail.target === log()) toEnd(); });
  document.addEventListener("change", event => { if (event.target.id === "follow") toEnd(); });
  toEnd();
})();
