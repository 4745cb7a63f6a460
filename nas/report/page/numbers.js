// Numbers in words, as the page's static part prints them.
const grouped = new Intl.NumberFormat("en-US");
// Half a tenth goes to the even tenth, as in the static part.
function tenths(value) {
  const down = Math.floor(value * 10);
  const rest = value * 10 - down;
  return ((rest === 0.5 ? down + (down % 2) : Math.round(value * 10)) / 10).toFixed(1);
}
const byteText = (value) => `${grouped.format(Math.round(value))} B (${tenths(value / 1024)} KiB)`;
const FORMS = {
  bytes: { text: byteText, scale: 1, unit: "B", ticks: ",~r" },
  percent: { text: (value) => `${(value * 100).toFixed(2)}%`, scale: 100, unit: "%", ticks: ",~r" },
  count: { text: (value) => (value < 1e4 ? grouped.format(value) : `${(value / 1e6).toFixed(2)} M`), scale: 1, unit: "", ticks: "~s" },
  ms: { text: (value) => `${value.toPrecision(3)} ms`, scale: 1, unit: "ms", ticks: ",~r" },
  uj: { text: (value) => `${value.toPrecision(3)} µJ`, scale: 1, unit: "µJ", ticks: ",~r" },
  plain: { text: (value) => value.toPrecision(4), scale: 1, unit: "", ticks: "~r" },
};
// "~" marks a prediction.
const valueText = (axis, value, sure) => `${sure ? "" : "~"}${FORMS[axis.form].text(value)}`;
const axisTitle = (axis) => {
  const unit = FORMS[axis.form].unit;
  return unit ? `${axis.label} (${unit})` : axis.label;
};
// Plotly reads a few tags in its texts.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const times = (...extents) => extents.join("\u00a0×\u00a0");
const minutes = (seconds) => seconds / 60;
