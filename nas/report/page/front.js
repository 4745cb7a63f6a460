// The front: cost against accuracy, over the axes that the reader chose.
function front(data, state, colour) {
  const x = data.x.find((axis) => axis.key === state.x);
  const y = data.y.find((axis) => axis.key === state.y);
  const scored = pointsOf(data.scored, x, y, "scored", state.log);
  const finalists = pointsOf(data.finalists, x, y, "finalists", state.log);
  const better = y.key === "loss" ? -1 : 1;
  const onFront = finalists.filter((point) => point.row[1]);
  const best = nonDominated(scored, better);
  const baseline = baselineIn(data, x, y, state.log);
  const plane = { x, y, baseline, scored, finalists, onFront, best, better, rank: rankOf(data) };
  return { ...plane, limits: limitsIn(plane, state), colour };
}
function pointsOf(rows, x, y, kind, log) {
  return rows.map((row, place) => ({ row, kind, place, digest: row[0], x: x[kind][place], y: y[kind][place] }))
    .filter((point) => point.x !== null && point.y !== null && (point.x > 0 || !log));
}
// The model to beat: a point where it has both figures, a line at its cost where it has that alone.
function baselineIn(data, x, y, log) {
  if (!data.baseline || x.baseline === null || (log && x.baseline <= 0)) return null;
  return { name: data.baseline[0], notes: data.baseline.slice(1), x: x.baseline, y: y.baseline };
}
function rankOf(data) {
  return new Map(data.finalists.filter((row) => row[1]).map((row, place) => [row[0], place + 1]));
}
// The points that no other one matches or beats on both axes: cheaper to the left, better upwards (loss: downwards).
function nonDominated(points, better) {
  const sorted = [...points].sort((a, b) => a.x - b.x || better * (b.y - a.y));
  let reached = -Infinity;
  return sorted.filter((point) => {
    const gains = better * point.y > reached;
    reached = Math.max(reached, better * point.y);
    return gains;
  });
}
// A limit far beyond every point would squeeze them together: it is named under the figure instead.
function limitsIn(plane, state) {
  const values = [...plane.scored, ...plane.finalists].map((point) => point.x);
  const limit = plane.x.limit;
  const rival = plane.baseline?.x ?? null;
  const far = state.log ? 10 : 1.8;
  const isNear = (value) => value !== null && values.length > 0 && value <= far * Math.max(...values);
  // The model to beat is what the reader came to see: it may take more room than a limit.
  const rivalShown = rival !== null && (isNear(rival) || (values.length > 0 && rival <= 10 * Math.max(...values)));
  const shown = isNear(limit) || (limit !== null && rivalShown && limit <= rival);
  const xs = [...values, ...(shown ? [limit] : []), ...(rivalShown ? [rival] : [])];
  return { limit, shown, rivalShown, x: span(xs, state.log), y: span(ysOf(plane, rivalShown), false, 0.1) };
}
function ysOf(plane, rivalShown) {
  const rival = rivalShown && plane.baseline.y !== null ? [plane.baseline] : [];
  return [...plane.scored, ...plane.finalists, ...rival].map((point) => point.y * FORMS[plane.y.form].scale);
}
function span(values, log, margin = 0.07) {
  const scaled = log ? values.map(Math.log10) : values;
  const low = Math.min(...scaled);
  const high = Math.max(...scaled);
  const room = (high - low || Math.abs(high) || 1) * margin;
  return [low - room, high + room];
}
function drawFront(element, plane, state, select) {
  const { x, y, colour, limits } = plane;
  const xaxis = { title: axisTitle(x), range: limits.x, type: state.log ? "log" : "linear", tickformat: FORMS[x.form].ticks };
  const yaxis = { title: axisTitle(y), range: limits.y, tickformat: FORMS[y.form].ticks };
  if (state.log) Object.assign(xaxis, { dtick: "D2", minor: { showgrid: false } });
  const labels = placeLabels(plane, element, state.log);
  Plotly.react(element, traces(plane, state), layout(colour, { xaxis, yaxis, ...limitMarks(plane, state) }), CONFIG);
  Plotly.relayout(element, { annotations: [...limitMarks(plane, state).annotations, ...labels] });
  element.removeAllListeners("plotly_click");
  element.on("plotly_click", (event) => event.points[0].customdata && select(event.points[0].customdata));
}
function limitMarks(plane, state) {
  const marks = [budgetMark(plane, state), rivalMark(plane, state)];
  return { shapes: marks.flatMap((mark) => mark.shapes), annotations: marks.flatMap((mark) => mark.annotations) };
}
function rivalMark({ limits, colour, baseline, y }, state) {
  if (!limits.rivalShown) return { shapes: [], annotations: [] };
  const at = state.log ? Math.log10(baseline.x) : baseline.x;
  const text = { text: "baseline", showarrow: false, font: { color: colour.rival, size: 13 } };
  if (baseline.y !== null) {
    const side = at > (limits.x[0] + limits.x[1]) / 2 ? { xanchor: "right", xshift: -12 } : { xanchor: "left", xshift: 12 };
    return { shapes: [], annotations: [{ ...text, ...side, x: at, y: baseline.y * FORMS[y.form].scale, yanchor: "middle" }] };
  }
  const line = { type: "line", xref: "x", yref: "paper", x0: baseline.x, x1: baseline.x, y0: 0, y1: 1, line: { color: colour.rival, width: 1.5, dash: "dot" } };
  return { shapes: [line], annotations: [{ ...text, x: at, y: 1, yref: "paper", yanchor: "top", textangle: -90, xanchor: "right" }] };
}
function budgetMark({ limits, colour, x, better }, state) {
  if (!limits.shown) return { shapes: [], annotations: [] };
  const line = { type: "line", xref: "x", yref: "paper", x0: limits.limit, x1: limits.limit, y0: 0, y1: 1, line: { color: colour.limit, width: 1.5, dash: "dash" } };
  const at = state.log ? Math.log10(limits.limit) : limits.limit;
  const text = `budget ${FORMS[x.form].text(limits.limit).replace(/ \(.*/, "")}`;
  const corner = better > 0 ? { y: 0, yanchor: "bottom" } : { y: 1, yanchor: "top" };
  return { shapes: [line], annotations: [{ x: at, ...corner, yref: "paper", text, textangle: -90, showarrow: false, xanchor: "right", font: { color: colour.limit, size: 13 } }] };
}
function traces(plane, state) {
  const { scored, best, finalists, onFront, better, colour } = plane;
  const chosen = new Set(best);
  const faded = scored.filter((point) => !chosen.has(point));
  const off = finalists.filter((point) => !point.row[1]);
  const selected = [...finalists, ...scored].filter((point) => point.digest === state.selected);
  return [
    { ...line(plane, joins(plane)), line: { color: colour.accent, width: 1 }, opacity: 0.55 },
    { ...dots(plane, faded), marker: { color: colour.cloud, size: 7, opacity: 0.28 } },
    { ...dots(plane, best), marker: { color: colour.cloud, size: 8, opacity: 0.95 } },
    { ...line(plane, nonDominated(onFront, better)), line: { color: colour.accent, width: 1.5, shape: "hv" } },
    { ...dots(plane, off), marker: { color: colour.off, size: 10, symbol: "x-thin", line: { color: colour.off, width: 2.5 } } },
    { ...dots(plane, onFront), marker: { color: colour.accent, size: 12, symbol: "diamond", line: { color: colour.paper, width: 1.5 } } },
    rivalDot(plane),
    { ...dots(plane, selected.slice(0, 1)), hoverinfo: "skip", hovertemplate: undefined, marker: { color: colour.peak, size: 22, symbol: "circle-open", line: { width: 2 } } },
  ];
}
function rivalDot({ x, y, baseline, limits, colour }) {
  const points = limits.rivalShown && baseline.y !== null ? [baseline] : [];
  const text = points.map((point) => [`<b>baseline: ${plain(point.name)}</b>`, `${x.label}: ${valueText(x, point.x, x.baselineSure)}`, `${y.label}: ${valueText(y, point.y, y.baselineSure)}`, ...point.notes.map(plain)].join("<br>"));
  const scale = FORMS[y.form].scale;
  return {
    x: points.map((point) => point.x), y: points.map((point) => point.y * scale), text, mode: "markers", type: "scatter",
    hovertemplate: "%{text}<extra></extra>", marker: { color: colour.rival, size: 15, symbol: "star", line: { color: colour.paper, width: 1.5 } },
  };
}
// From each finalist to the score it was chosen by, with a gap before the next pair.
function joins({ scored, finalists }) {
  const score = new Map(scored.map((point) => [point.digest, point]));
  return finalists.filter((point) => score.has(point.digest))
    .flatMap((point) => [score.get(point.digest), point, { x: null, y: null }]);
}
function coordinates({ y }, points) {
  const scale = FORMS[y.form].scale;
  return { x: points.map((point) => point.x), y: points.map((point) => (point.y === null ? null : point.y * scale)) };
}
function line(plane, points) {
  return { ...coordinates(plane, points), mode: "lines", type: "scatter", hoverinfo: "skip", connectgaps: false };
}
function dots(plane, points) {
  const text = points.map((point) => hoverText(plane, point));
  const customdata = points.map((point) => point.digest);
  return { ...coordinates(plane, points), text, customdata, mode: "markers", type: "scatter", hovertemplate: "%{text}<extra></extra>" };
}
function hoverText({ x, y, rank }, point) {
  const lines = [`<b>${plain(point.digest)}</b>`, ...[[x, point.x], [y, point.y]].map(([axis, value]) => `${axis.label}: ${valueText(axis, value, isSure(axis, point))}`)];
  if (point.kind === "scored") lines.push(`scored, trial ${point.row[1]}, at ${minutes(point.row[2] ?? 0).toFixed(1)} min`);
  else if (point.row[1]) lines.push(`finalist ${rank.get(point.digest)} of the front`);
  else lines.push(`not on the front: ${plain(point.row[2] || "dominated")}`);
  return lines.join("<br>");
}
const isSure = (axis, { kind, place }) => (kind === "scored" ? axis.scoredSure : axis.finalistsSure[place]);
function frontKnown({ x, y, limits, baseline }) {
  const beyond = limits.limit !== null && !limits.shown ? ` The budget, ${FORMS[x.form].text(limits.limit)}, lies beyond the right edge.` : "";
  const rival = baseline && !limits.rivalShown ? ` The baseline, ${FORMS[x.form].text(baseline.x)}, lies beyond the right edge.` : "";
  return `${x.label}: ${x.known} ${y.label}: ${y.known}${beyond}${rival}`;
}
