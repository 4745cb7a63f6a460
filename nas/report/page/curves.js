// The supernet's training, and the front's growth.
function drawCurve(element, curve, colour) {
  const seconds = curve.map((row) => `step ${grouped.format(row[1])}, ${minutes(row[0] ?? 0).toFixed(1)} min`);
  const trace = (name, column, tone, dash) => ({
    name, type: "scatter", mode: curve.length > 1 ? "lines" : "markers", x: curve.map((row) => row[1]), y: curve.map((row) => row[column]), text: seconds,
    connectgaps: true, line: { color: tone, width: 2, dash }, marker: { color: tone, size: 8 }, hovertemplate: `${name} loss %{y:.3f}<br>%{text}<extra></extra>`,
  });
  const traces = [trace("training", 2, colour.cloud, "solid"), trace("validation", 3, colour.accent, "solid")];
  Plotly.react(element, traces.filter((one) => one.y.some((value) => value !== null)), layout(colour, {
    showlegend: true, legend: { x: 1, xanchor: "right", y: 1, font: { color: colour.soft }, bgcolor: "rgba(0,0,0,0)" },
    xaxis: { title: "step", tickformat: ",~r", showgrid: false }, yaxis: { title: "loss", tickformat: "~r" },
  }), CONFIG);
}
function drawVolume(element, volume, controller, colour) {
  const trace = {
    name: plain(controller), type: "scatter", mode: volume.length > 20 ? "lines" : "lines+markers", x: volume.map((row) => row[0] ?? 0), y: volume.map((row) => row[2]), text: volume.map((row) => grouped.format(row[1])),
    line: { color: colour.accent, width: 2, shape: "hv" }, marker: { color: colour.accent, size: 6 },
    hovertemplate: `<b>${plain(controller)}</b><br>hypervolume %{y:.4f}<br>trial %{text}, %{x:,.0f} s<extra></extra>`,
  };
  Plotly.react(element, [trace], layout(colour, {
    showlegend: true, legend: { x: 1, xanchor: "right", y: 0, yanchor: "bottom", font: { color: colour.soft }, bgcolor: "rgba(0,0,0,0)" },
    xaxis: { title: "seconds since the search began", tickformat: ",~r", showgrid: false, range: [0, 1.02 * Math.max(...trace.x) || 1] }, yaxis: { title: "hypervolume", tickformat: "~r", rangemode: "tozero" },
  }), CONFIG);
}
