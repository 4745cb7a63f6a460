// The page's colours, for the figures: they follow the style sheet, in light, in dark and on paper.
const CONFIG = { displayModeBar: false, responsive: true };
const COARSE = window.matchMedia("(pointer: coarse)").matches;
function colours() {
  const style = getComputedStyle(document.documentElement);
  return new Proxy({}, { get: (_, name) => style.getPropertyValue(`--${name}`).trim() });
}
function layout(colour, more) {
  const axis = {
    gridcolor: colour.line, linecolor: colour.line, zeroline: false, ticks: "", automargin: true,
    title: { font: { size: 14, color: colour.soft }, standoff: 12 }, tickfont: { size: 13, color: colour.soft },
  };
  const { xaxis, yaxis, ...rest } = more;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest",
    margin: { l: 8, r: 16, t: 16, b: 8 }, dragmode: COARSE ? false : "zoom",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour.ink },
    hoverlabel: { align: "left", bgcolor: colour.raised, bordercolor: colour.line, font: { color: colour.ink } },
    xaxis: { ...axis, ...xaxis, title: { ...axis.title, text: xaxis.title } },
    yaxis: { ...axis, ...yaxis, title: { ...axis.title, text: yaxis.title } },
    ...rest,
  };
}
