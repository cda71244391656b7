"use strict";
(() => {
  const read = JSON.parse(document.getElementById("readings").textContent);
  const days = read.days, span = Math.max(read.last - read.first, 1);
  const minus = (text) => text.replace("-", "\u2212");
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const write = {
    usd: (v) => (v < 0 ? "\u2212$" : "$") + Math.abs(v).toLocaleString("en-US"),
    percent: (v) => minus((v * 100).toLocaleString("en-US", two) + "%"),
    points: (v) => v.toLocaleString("en-US", two),
    times: (v) => v.toLocaleString("en-US", two) + "\u00d7",
  };
  const charts = Object.entries(read.charts).map(([key, data]) => {
    const figure = document.getElementById("chart-" + key);
    return {
      data, plot: figure.querySelector(".plot"), cross: figure.querySelector(".cross"),
      day: figure.querySelector(".day"), cells: figure.querySelectorAll(".item b"),
      reading: figure.querySelector(".reading"),
    };
  });
  let at = days.length - 1;
  const show = (index, visible) => {
    at = index;
    const x = ((days[at] - read.first) / span * 100) + "%";
    const date = new Date(days[at] * 864e5).toISOString().slice(0, 10);
    for (const chart of charts) {
      chart.cross.setAttribute("x1", x);
      chart.cross.setAttribute("x2", x);
      chart.cross.classList.toggle("off", !visible);
      chart.day.textContent = date;
      chart.data.lines.forEach((line, i) => {
        const value = line[at];
        chart.cells[i].textContent = value === null ? "\u2013" : write[chart.data.unit](value);
      });
    }
  };
  const nearest = (day) => {
    let low = 0, high = days.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (days[middle] <= day) low = middle; else high = middle;
    }
    return day - days[low] <= days[high] - day ? low : high;
  };
  for (const chart of charts) {
    const follow = (event) => {
      const box = chart.plot.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
      show(nearest(read.first + share * span), true);
    };
    chart.plot.addEventListener("pointermove", follow);
    chart.plot.addEventListener("pointerdown", follow);
    chart.plot.addEventListener("pointerleave", () => show(days.length - 1, false));
    chart.plot.addEventListener("focus", () => chart.reading.setAttribute("aria-live", "polite"));
    chart.plot.addEventListener("blur", () => chart.reading.removeAttribute("aria-live"));
    chart.plot.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 20 : 1, last = days.length - 1;
      const to = { ArrowLeft: at - far, ArrowRight: at + far, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(Math.min(Math.max(to, 0), last), true);
    });
  }
  show(days.length - 1, false);
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
})();
