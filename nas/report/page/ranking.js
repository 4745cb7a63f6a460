// How well the score foretold the order of finalists, semifinalists and anchors: better is right and up.
function rankedPoints({ finalists, expectedLosses, y }) {
  const accuracy = y.find((axis) => axis.key === "val_accuracy");
  const points = finalists.map((row, place) => ({ row, x: expectedLosses[place], y: accuracy?.finalists[place] ?? null }));
  return points.filter((point) => point.x !== null && point.y !== null);
}
function drawRanking(element, points, { selected }, select, colour) {
  const place = (point) => ({ byScore: placeOf(points, point, (one) => -one.x), byAccuracy: placeOf(points, point, (one) => one.y) });
  const text = (point) => [
    `<b>${plain(point.row[0])}</b>`, `score, a loss: ${FORMS.plain.text(point.x)}, place ${place(point).byScore} of ${points.length}`,
    `final accuracy: ${FORMS.percent.text(point.y)}, place ${place(point).byAccuracy} of ${points.length}`,
    point.row[1] ? "on the front" : `not on the front: ${plain(point.row[2] || "dominated")}`,
  ].join("<br>");
  const dots = (chosen, more) => ({
    x: chosen.map((point) => point.x), y: chosen.map((point) => point.y * 100), text: chosen.map(text), customdata: chosen.map((point) => point.row[0]),
    mode: "markers", type: "scatter", hovertemplate: "%{text}<extra></extra>", ...more,
  });
  Plotly.react(element, [
    dots(points.filter((point) => !point.row[1]), { marker: { color: colour.off, size: 10, symbol: "x-thin", line: { color: colour.off, width: 2.5 } } }),
    dots(points.filter((point) => point.row[1]), { marker: { color: colour.accent, size: 12, symbol: "diamond", line: { color: colour.paper, width: 1.5 } } }),
    dots(points.filter((point) => point.row[0] === selected), { hoverinfo: "skip", hovertemplate: undefined, marker: { color: colour.peak, size: 22, symbol: "circle-open", line: { width: 2 } } }),
  ], layout(colour, {
    xaxis: { title: "score: int8 loss (lower to the right)", range: falling(points.map((point) => point.x)), tickformat: "~r" },
    yaxis: { title: "final accuracy (%)", range: span(points.map((point) => point.y * 100), false, 0.12), tickformat: ",~r" },
  }), CONFIG);
  element.removeAllListeners("plotly_click");
  element.on("plotly_click", (event) => event.points[0].customdata && select(event.points[0].customdata));
}
// Counted from 1, the best; equals share the better place.
function placeOf(points, point, worth) {
  return 1 + points.filter((other) => worth(other) > worth(point)).length;
}
function falling(values) {
  return span(values, false).reverse();
}
function drawBrief(element, { anchors, semifinals }, colour) {
  const all = [...anchors, ...semifinals];
  const [across, up] = [1, 2].map((column) => falling(all.map((row) => row[column])));
  const equal = [Math.min(across[0], up[0]), Math.max(across[1], up[1])];
  const dots = (rows, marker) => ({
    x: rows.map((row) => row[1]), y: rows.map((row) => row[2]), mode: "markers", type: "scatter", hovertemplate: "%{text}<extra></extra>",
    text: rows.map((row) => `<b>${plain(row[0])}</b><br>expected loss ${FORMS.plain.text(row[1])}<br>after a short training ${FORMS.plain.text(row[2])}`),
    marker: { size: 9, line: { color: colour.paper, width: 1 }, ...marker },
  });
  Plotly.react(element, [
    { x: equal, y: equal, mode: "lines", type: "scatter", hoverinfo: "skip", line: { color: colour.cloud, width: 1.5, dash: "dot" } },
    dots(anchors, { color: colour.rival, symbol: "square" }),
    dots(semifinals, { color: colour.accent, symbol: "circle" }),
  ], layout(colour, {
    xaxis: { title: "expected loss (lower to the right)", range: across, tickformat: "~r" },
    yaxis: { title: "loss, trained briefly", range: up, tickformat: "~r" },
  }), CONFIG);
}
