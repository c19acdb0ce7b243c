"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const DAY = 864e5;
  const LOOKS = {f: "full", t: "thin", g: "gap"};

  // ---- the calendar's days: columns become rows, and words when asked for

  const cells = [];
  data.instruments.forEach((one, i) => {
    for (let at = 0; at < one.looks.length; at += 1) {
      cells.push({one, i, at});
    }
  });

  // They count from 1: where 0 is to be shown, Vega shows nothing.
  const rows = () => cells.flatMap(({one, i, at}, n) => {
    const look = LOOKS[one.looks[at]];
    if (!look) return [];
    const t = (one.first + at) * DAY;
    const bins = Math.max(one.here[at], one.sent[at], 1);
    return [{i, name: one.name, t, look, n: n + 1,
      late: one.later[at] / bins, ill: one.ill[at] / bins}];
  });

  const many = (n) => `${n.toLocaleString("en")} bin${n === 1 ? "" : "s"}`;

  function told(n) {
    const {one, at} = cells[n - 1];
    const date = new Date((one.first + at) * DAY);
    const week = date.toLocaleDateString("en", {weekday: "short",
      timeZone: "UTC"});
    const lines = [`${one.name}  ${date.toISOString().slice(0, 10)}, ${week}`];
    const expected = one.expected[at];
    const of = expected ? ` of about ${expected} expected` : "";
    lines.push(`${many(one.here[at])} here${of}`);
    if (data.known) lines.push(`${many(one.sent[at])} in the store`);
    if (one.later[at]) lines.push(`${many(one.later[at])} still to go`);
    if (one.ill[at]) lines.push(`${many(one.ill[at])} to look at`);
    const names = one.names[at];
    const bins = Math.max(one.here[at], one.sent[at]);
    if (names.length && names.length < bins) {
      lines.push(`${names[0]} to ${names[names.length - 1]}`);
    } else {
      lines.push(...names);
    }
    return [...lines, ...(one.said[at] || [])].join("\n");
  }

  // ---- what is shown where somebody points

  function point(event, words) {
    if (words === null || words === undefined || words === "") {
      tip.hidden = true;
      return;
    }
    // As text: a name in it is a name, whatever it looks like.
    tip.textContent = typeof words === "number" ? told(words) : String(words);
    tip.hidden = false;
    const wide = tip.offsetWidth, high = tip.offsetHeight;
    const right = event.clientX + 14 + wide < innerWidth;
    const left = right ? event.clientX + 14 : event.clientX - wide - 14;
    const below = event.clientY + 16 + high < innerHeight;
    const top = below ? event.clientY + 16 : event.clientY - high - 12;
    const most = innerWidth - wide - 6;
    tip.style.left = `${Math.max(6, Math.min(left, most))}px`;
    tip.style.top = `${Math.max(6, top)}px`;
  }

  const options = {
    mode: "vega",
    renderer: "svg",
    actions: false,
    ast: true,
    hover: true,
    tooltip: (_, event, item, words) => point(event, words),
  };

  // ---- drawing, and drawing anew where the width is another

  const views = [];

  const first = Math.min(...data.instruments.map((one) => one.first));
  const last = Math.max(...data.instruments.map(
    (one) => one.first + one.looks.length - 1));

  function span(width) {
    if (last - first < data.few) return 0;
    if (last - first < 100 || width < 520) return 3;
    return width < 900 ? 6 : 12;
  }

  async function draw(id, spec) {
    const place = document.getElementById(id);
    const width = Math.max(place.clientWidth, 200);
    spec.width = width;
    const made = await vegaEmbed(place, spec, options);
    // A finger does not hover.
    made.view.addEventListener("pointerdown", (event, item) =>
      point(event, item && item.tooltip));
    views.push({place, view: made.view, width, id});
  }

  function resize() {
    for (const one of views) {
      const width = one.place.clientWidth;
      if (!width || Math.abs(width - one.width) < 2) continue;
      one.width = width;
      one.view.width(width);
      if (one.id === "calendar") one.view.signal("span", span(width));
      one.view.runAsync();
    }
  }

  async function all() {
    if (data.calendar) {
      const place = document.getElementById("calendar");
      const spec = data.calendar;
      spec.data[0].values = rows();
      spec.signals[0].value = span(place.clientWidth);
      spec.signals[1].value = first * DAY;
      spec.signals[2].value = last * DAY;
      await draw("calendar", spec);
    }
    const soon = performance.now();
    for (const [id, spec] of Object.entries(data.charts)) {
      await draw(id, spec);
    }
    let waiting = 0;
    addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(resize, 120);
    });
    addEventListener("scroll", () => point(null, ""), {passive: true});
    document.documentElement.dataset.calendar = Math.round(soon);
    document.documentElement.dataset.drawn = Math.round(performance.now());
  }

  all();
})();
