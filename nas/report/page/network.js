// One network: the bytes in use at each op, and its layers as a table.
function unpack(data, digest) {
  const [input, numbers, alive] = data.networks[digest];
  const ops = numbers.map((number, place) => {
    const [name, kind, kh, kw, sh, sw, h, w, c, weights, macs, read, written] = data.layers[number];
    return { name, kind, kernel: [kh, kw], stride: [sh, sw], shape: [h, w, c], weights, macs, read, written, alive: alive[place] };
  });
  return { digest, input, ops, peak: Math.max(...alive), at: alive.indexOf(Math.max(...alive)) };
}
function drawMemory(element, net, budget, colour) {
  const parts = [
    ["reads", (op) => op.read, "reads"],
    ["writes beside what it reads", (op) => Math.max(0, Math.min(op.written, op.alive - op.read)), "writes"],
    ["keeps for later", (op) => Math.max(0, op.alive - op.read - op.written), "keeps"],
  ];
  const place = net.ops.map((_, index) => index + 1);
  const bars = parts.map(([name, bytes, tone]) => ({
    type: "bar", name, x: place, y: net.ops.map(bytes), marker: { color: colour[tone], line: { width: 0 } },
    customdata: net.ops.map((op) => `<b>${plain(op.name)}</b><br>${plain(op.kind)}<br>${byteText(op.alive)} in use${over(op)}`),
    hovertemplate: `%{customdata}<br>${name}: %{y:,} B<extra></extra>`,
  }));
  Plotly.react(element, bars, layout(colour, {
    barmode: "stack", bargap: 0.18, showlegend: true, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal", font: { color: colour.soft } },
    margin: { l: 8, r: 16, t: 44, b: 8 },
    xaxis: { title: "op, in the order of running", range: [0.4, net.ops.length + 0.6], dtick: net.ops.length > 16 ? 5 : 1, tick0: net.ops.length > 16 ? 0 : 1, showgrid: false },
    yaxis: { title: "bytes in use", tickformat: ",~r", range: [0, roof(net, budget)], rangemode: "tozero" },
    shapes: [peakBand(net, colour), ...budgetLine(net, budget, colour)],
    annotations: [peakText(net, colour), ...budgetText(net, budget, colour)],
  }), CONFIG);
}
// An output may lie over the part of its input that has been read: those bytes are counted once.
const over = (op) => (op.read + op.written > op.alive ? `<br>${byteText(op.read + op.written - op.alive)} of the output over the input` : "");
const budgetShown = (net, budget) => budget !== null && budget <= 1.8 * net.peak;
const roof = (net, budget) => 1.22 * Math.max(net.peak, budgetShown(net, budget) ? budget : 0);
function peakBand(net, colour) {
  return { type: "rect", x0: net.at + 0.52, x1: net.at + 1.48, y0: 0, y1: net.peak, line: { color: colour.peak, width: 2 } };
}
function peakText(net, colour) {
  const part = net.at / net.ops.length;
  const xanchor = part < 0.3 ? "left" : part > 0.7 ? "right" : "center";
  const x = net.at + 1 + { left: -0.48, center: 0, right: 0.48 }[xanchor];
  return { x, y: net.peak, text: `peak ${grouped.format(net.peak)} B`, showarrow: false, xanchor, yanchor: "bottom", bgcolor: colour.paper, borderpad: 1, font: { color: colour.peak, size: 13 } };
}
function budgetLine(net, budget, colour) {
  if (!budgetShown(net, budget)) return [];
  return [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: budget, y1: budget, line: { color: colour.limit, width: 1.5, dash: "dash" } }];
}
function budgetText(net, budget, colour) {
  if (!budgetShown(net, budget)) return [];
  const left = net.at / net.ops.length > 0.5;
  return [{ xref: "paper", x: left ? 0 : 1, y: budget, text: `budget ${grouped.format(budget)} B`, showarrow: false, xanchor: left ? "left" : "right", yanchor: "bottom", font: { color: colour.limit, size: 13 } }];
}
function memoryKnown(net, budget) {
  const beyond = budget !== null && !budgetShown(net, budget) ? ` The budget, ${byteText(budget)}, lies above the figure.` : "";
  const op = net.ops[net.at];
  return `Predicted from the network's description. The peak is op ${net.at + 1}, ${op.name}: ${byteText(net.peak)} in use at once, alignment counted, what lies over something else counted once. Where the plan leaves gaps, the arena's head is larger.${beyond}`;
}
function drawLayers(table, net) {
  const sum = (pick) => grouped.format(net.ops.reduce((total, op) => total + pick(op), 0));
  const head = tableRow("th", ["#", "layer", "kind", "kernel", "stride", "output", "weights", "MACs", "bytes in use"]);
  const rows = net.ops.map((op, index) => layerRow(op, index, net.peak));
  const foot = tableRow("td", ["", "all layers", "", "", "", "", sum((op) => op.weights), sum((op) => op.macs), grouped.format(net.peak)]);
  table.replaceChildren(part("thead", [head]), part("tbody", rows), part("tfoot", [foot]));
}
function layerRow(op, index, peak) {
  const windowed = !["add", "fully connected", "global average pool"].includes(op.kind);
  const kernel = windowed ? times(...op.kernel) : "";
  const stride = windowed ? times(...op.stride) : "";
  const cells = [index + 1, op.name, op.kind, kernel, stride, times(...op.shape), op.weights ? grouped.format(op.weights) : "", op.macs ? grouped.format(op.macs) : "", grouped.format(op.alive)];
  const row = tableRow("td", cells);
  row.children[1].replaceChildren(...breakable(op.name), brief(op, kernel));
  if (op.alive === peak) row.className = "peak";
  return row;
}
// On a narrow screen the kind, kernel, stride and output stand under the name.
function brief(op, kernel) {
  const small = document.createElement("small");
  const stride = op.stride.some((step) => step > 1) && kernel ? `stride ${times(...op.stride)}` : "";
  small.textContent = `${[op.kind, kernel, stride].filter(Boolean).join(", ")} → ${times(...op.shape)}`;
  return small;
}
function breakable(name) {
  return name.split(/(?<=\.)/).flatMap((piece) => [document.createTextNode(piece), document.createElement("wbr")]);
}
function part(tag, rows) {
  const element = document.createElement(tag);
  element.append(...rows);
  return element;
}
function tableRow(tag, cells) {
  return part("tr", cells.map((text) => {
    const cell = document.createElement(tag);
    cell.textContent = text;
    return cell;
  }));
}
