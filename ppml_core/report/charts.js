
"use strict";
(() => {
  const held = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const draw = (mode) => {
    for (const [name, figure] of Object.entries(held.figures)) {
      const place = document.getElementById("chart-" + name);
      if (place) Plotly.react(place, figure[mode].data, figure[mode].layout, held.config);
    }
  };
  const now = () => draw(dark.matches ? "dark" : "light");
  now();
  dark.addEventListener("change", now);
  window.addEventListener("beforeprint", () => draw("light"));
  window.addEventListener("afterprint", now);
})();
