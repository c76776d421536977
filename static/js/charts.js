/* A figure arrives as plain JSON whose colours are token names ("var(--line)", "var(--line/.2)"). This file fills them in, so the
   same figure is right in light and dark, draws it when Plotly has come, and again when scheme, width class or page part changes. */
(() => {
  const root = document.documentElement, rtl = root.dir === "rtl";
  const probe = document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  const colour = (name, alpha) => {
    probe.style.color = `var(--${name})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g);
    return alpha ? `rgba(${r},${g},${b},${alpha})` : `rgb(${r},${g},${b})`;
  };
  const token = /^(?:var\(--([\w-]+)(?:\/([\d.]+))?\)|@([\w-]+)(?:\/([\d.]+))?)$/;
  const dress = v => {
    if (Array.isArray(v)) return v.map(dress);
    if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, dress(x)]));
    const hit = typeof v === "string" && v.match(token);
    return hit ? colour(hit[1] || hit[3], hit[2] || hit[4]) : v;
  };

  /* The one template that dresses every figure; Python says only what differs. */
  const axis = { showgrid: false, zeroline: false, showline: false, ticks: "", tickfont: { color: "@ink-3", size: 11 }, title: { font: { color: "@ink-3", size: 11 }, standoff: 8 }, automargin: true, fixedrange: true };
  const template = () => ({
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: "@ink-2" },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: ["@ink", "@line", "@stage-4", "@stage-2"],
    margin: { l: 44, r: 16, t: 10, b: 34 }, showlegend: false, hovermode: "x unified", dragmode: false,
    hoverlabel: { bgcolor: "@surface", bordercolor: "@rule-strong", font: { color: "@ink", size: 12 } },
    xaxis: { ...axis, showline: true, linecolor: "@rule-strong", ticks: "outside", tickcolor: "@rule-strong", ticklen: 4, spikethickness: 1, spikedash: "solid", spikecolor: "@rule-strong" },
    yaxis: { ...axis, showgrid: true, gridcolor: "@rule", gridwidth: 1, nticks: 5 },
  });
  const merge = (a, b) => { const out = { ...a }; for (const k in b) out[k] = b[k] && typeof b[k] === "object" && !Array.isArray(b[k]) && a?.[k] ? merge(a[k], b[k]) : b[k]; return out; };

  /* On a phone only the labels that matter stay; touching a mark shows the rest. */
  const forPhone = (data, layout) => {
    layout.annotations = (layout.annotations || []).filter(a => a.name !== "wide");
    data.forEach(d => {
      if (!d.meta?.keep) return;
      d.cliponaxis = false;
      d.textposition = d.x.map(x => x < Math.max(...d.x) * .3 ? "top right" : "top center");
      d.hovertext = d.text;
      d.hovertemplate = d.hovertemplate?.replace("%{text}", "%{hovertext}");
      d.text = d.text.map((t, i) => d.meta.keep.includes(i) ? t : "");
    });
  };
  /* Time and "more" run with the reading direction. */
  const forRightToLeft = (data, layout) => {
    const swap = s => typeof s === "string" ? s.replace(/left|right/, m => m === "left" ? "right" : "left") : s;
    const x = layout.xaxis ||= {}, margin = layout.margin ||= {};
    if (x.range) x.range = [...x.range].reverse(); else x.autorange = "reversed";
    (layout.yaxis ||= {}).side = "right";
    [margin.l, margin.r] = [margin.r, margin.l];
    (layout.annotations || []).forEach(a => { a.xanchor = swap(a.xanchor); a.align = swap(a.align); if (a.xref === "paper") a.x = 1 - a.x; if (a.ax) a.ax = -a.ax; if (a.xshift) a.xshift = -a.xshift; });
    data.forEach(d => { if (d.textposition) d.textposition = Array.isArray(d.textposition) ? d.textposition.map(swap) : swap(d.textposition); });
  };

  const draw = box => {
    const source = document.getElementById(box.dataset.figure);
    if (!window.Plotly || !source) return;
    const { data, layout: own } = JSON.parse(source.textContent), layout = merge(template(), own);
    if (box.clientWidth && box.clientWidth < 520) forPhone(data, layout);
    if (rtl) forRightToLeft(data, layout);
    return Plotly.react(box, dress(data), dress(layout), { displayModeBar: false, responsive: true });
  };
  const all = () => document.querySelectorAll("[data-figure]").forEach(draw);

  window.throughlineCharts = { draw, all, dress, colour, template, merge };
  if (window.Plotly) all();
  else document.querySelector("script[data-plotly]")?.addEventListener("load", all);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  new MutationObserver(all).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  document.addEventListener("htmx:load", event => event.detail.elt.querySelectorAll?.("[data-figure]").forEach(draw));
  document.fonts?.ready.then(all);
})();
