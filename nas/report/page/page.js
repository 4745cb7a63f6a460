// What the reader chooses, and what is drawn for it.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const state = { x: (data.x.find((axis) => axis.limit !== null) ?? data.x[0])?.key, y: startingQuality(data.y)?.key, log: false, selected: null };

// A baseline that the test set was shown to is compared there; else the scored candidates are looked at.
function startingQuality(axes) {
  const rival = axes.find((axis) => axis.baseline !== null);
  return rival ?? axes.find((axis) => axis.key === "val_accuracy") ?? axes[0];
}
function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}
function replaceByNote(element, text) {
  const note = document.createElement("p");
  note.className = "empty";
  note.textContent = text;
  element.replaceWith(note);
}
function digestInHash() {
  const digest = decodeURIComponent(location.hash.slice(1));
  return Object.hasOwn(data.networks, digest) ? digest : null;
}
function select(digest) {
  state.selected = digest;
  history.replaceState(null, "", `#${digest}`);
  render();
}
function follow() {
  const digest = digestInHash();
  if (!digest) return;
  state.selected = digest;
  render();
  byId("network").scrollIntoView();
}
function bestScored() {
  const accuracy = data.y.find((axis) => axis.key === "val_accuracy")?.scored ?? [];
  return accuracy.length ? data.scored[accuracy.indexOf(Math.max(...accuracy))][0] : null;
}
function render() {
  const colour = colours();
  if (state.x && state.y) renderFront(colour);
  if (state.selected) renderNetwork(colour);
  if (data.usesSupernet && data.curve.length) drawCurve(byId("curve-plot"), data.curve, colour);
  if (rankedPoints(data).length) renderRanking(colour);
  if (data.anchors.length + data.semifinals.length) drawBrief(byId("brief-plot"), data, colour);
  if (data.hypervolume.length) drawVolume(byId("volume-plot"), data.hypervolume, data.controller, colour);
}
function renderFront(colour) {
  const plane = front(data, state, colour);
  if (!byId("front-plot").on) Plotly.newPlot(byId("front-plot"), [], {}, CONFIG);
  drawFront(byId("front-plot"), plane, state, select);
  byId("front-known").textContent = frontKnown(plane);
  byId("front-key").replaceChildren(...keyOf(plane));
  for (const row of document.querySelectorAll(".front tbody tr")) {
    row.classList.toggle("chosen", row.querySelector(".digest")?.textContent === state.selected);
  }
}
function renderRanking(colour) {
  const points = rankedPoints(data);
  if (!byId("rank-plot").on) Plotly.newPlot(byId("rank-plot"), [], {}, CONFIG);
  drawRanking(byId("rank-plot"), points, state, select, colour);
  byId("rank-key").replaceChildren(...keyItems([
    ["onFront", "finalist on the front", points.some((point) => point.row[1])],
    ["off", "finalist off the front", points.some((point) => !point.row[1])],
  ]));
}
const MARKS = {
  onFront: '<path d="M11 1l6 6-6 6-6-6z" fill="var(--accent)"/>',
  off: '<path d="M6 2l10 10M16 2L6 12" stroke="var(--off)" stroke-width="2.5"/>',
  best: '<circle cx="11" cy="7" r="4.5" fill="var(--cloud)"/>',
  faded: '<circle cx="11" cy="7" r="4.5" fill="var(--cloud)" opacity=".35"/>',
  rival: '<path d="M11 0l2 5h5l-4 3 2 6-5-4-5 4 2-6-4-3h5z" fill="var(--rival)"/>',
  rivalLine: '<path d="M11 0v14" stroke="var(--rival)" stroke-width="2" stroke-dasharray="2 2"/>',
  join: '<path d="M0 12L22 2" stroke="var(--accent)" opacity=".6"/>',
};
function keyOf({ y, scored, best, finalists, onFront, baseline, limits }) {
  const entries = [
    ["onFront", "finalist on the front", onFront.length > 0],
    ["off", "finalist off the front", finalists.length > onFront.length],
    ["best", "scored, not dominated on these two axes", best.length > 0],
    ["faded", "scored, dominated", scored.length > best.length],
    [baseline?.y === null ? "rivalLine" : "rival", `baseline: ${baseline?.name}`, limits.rivalShown],
    ["join", "from a finalist to its score", finalists.length > 0 && scored.length > 0 && y.key !== "loss"],
  ];
  return keyItems(entries);
}
function keyItems(entries) {
  return entries.filter((entry) => entry[2]).map(([mark, text]) => {
    const item = document.createElement("li");
    item.innerHTML = `<svg viewBox="0 0 22 14" aria-hidden="true">${MARKS[mark]}</svg>`;
    item.append(text);
    return item;
  });
}
// What is known of a network: [label, value] pairs, its role first.
function known(digest) {
  const [kind, place] = ["finalists", "scored"].map((name) => [name, data[name].findIndex((row) => row[0] === digest)]).find((found) => found[1] >= 0);
  const row = data[kind][place];
  const role = kind === "scored" ? `scored, trial ${row[1]}` : row[1] ? "finalist on the front" : "finalist off the front";
  const values = [...data.y, ...data.x].filter((axis) => axis[kind][place] !== null);
  return [["Role", role, "role"], ...values.map((axis) => [axis.label, valueText(axis, axis[kind][place], isSure(axis, { kind, place })), axis.key])];
}
function renderNetwork(colour) {
  const net = unpack(data, state.selected);
  byId("network-name").textContent = net.digest;
  byId("network-choice").value = net.digest;
  byId("network-summary").replaceChildren(...[...known(net.digest), ["Input", times(...net.input)]].map(([label, value]) => pair(label, value)));
  byId("selection").replaceChildren(...selection(net.digest));
  drawMemory(byId("memory-plot"), net, data.activationsBudget, colour);
  byId("memory-known").textContent = memoryKnown(net, data.activationsBudget);
  drawLayers(byId("layers"), net);
}
function pair(label, value) {
  const cells = [["dt", label], ["dd", value]].map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text }));
  return part("div", cells);
}
function selection(digest) {
  const name = Object.assign(document.createElement("b"), { textContent: digest });
  const shown = known(digest).filter(([, , key]) => ["role", state.x, state.y].includes(key)).map(([, value]) => value);
  const link = Object.assign(document.createElement("a"), { href: "#network", textContent: "its layers and memory ↓" });
  return [name, `: ${shown.join(", ")} · `, link];
}
function networkOptions() {
  const named = new Set();
  const finalists = data.finalists.map((row, place) => [row[0], `${row[0]}, finalist ${place + 1}${row[1] ? "" : ", off the front"}`]);
  const scored = data.scored.map((row) => [row[0], `${row[0]}, scored, trial ${row[1]}`]);
  return [...finalists, ...scored].filter(([digest]) => !named.has(digest) && named.add(digest));
}
function noteEmptyParts() {
  if (!state.x || !state.y) replaceByNote(byId("front-plot"), "No network has been scored yet.");
  if (data.usesSupernet && !data.curve.length) { replaceByNote(byId("curve-plot"), "No training curve was recorded."); byId("curve-known").remove(); }
  if (!data.usesSupernet) byId("training").remove();
  if (!rankedPoints(data).length) { replaceByNote(byId("rank-plot"), "No finalist has a score to compare."); byId("rank-known").remove(); }
  if (!data.hypervolume.length) { replaceByNote(byId("volume-plot"), "No hypervolume was recorded."); byId("volume-known").remove(); }
  if (!state.selected) byId("network").remove();
  if (!state.x || !state.y) document.querySelector("#front .controls").remove();
}
function listen() {
  byId("x-axis").onchange = (event) => { state.x = event.target.value; render(); };
  byId("y-axis").onchange = (event) => { state.y = event.target.value; render(); };
  byId("x-log").onchange = (event) => { state.log = event.target.checked; render(); };
  byId("network-choice").onchange = (event) => select(event.target.value);
}
function start() {
  state.selected = digestInHash() ?? data.finalists[0]?.[0] ?? bestScored();
  fill(byId("x-axis"), data.x.map((axis) => [axis.key, axis.label]));
  fill(byId("y-axis"), data.y.map((axis) => [axis.key, axis.label]));
  fill(byId("network-choice"), networkOptions());
  byId("x-axis").value = state.x;
  byId("y-axis").value = state.y;
  if (state.x && state.y) listen();
  noteEmptyParts();
  render();
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => { if (event.target.closest?.("a.digest")) setTimeout(follow); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
  window.addEventListener("beforeprint", () => { document.documentElement.dataset.print = "1"; render(); });
  window.addEventListener("afterprint", () => { delete document.documentElement.dataset.print; render(); });
  if (digestInHash()) byId("network").scrollIntoView();
}
start();
