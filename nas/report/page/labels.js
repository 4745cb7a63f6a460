// Digests beside the finalists, each where it covers nothing; one without room is named by the hover text alone.
const LABEL = { height: 16, perCharacter: 7.8, gap: 10 };
const PLACES = [
  { ax: 0, ay: -1, xanchor: "center", yanchor: "bottom" }, { ax: 1, ay: 0, xanchor: "left", yanchor: "middle" },
  { ax: 0, ay: 1, xanchor: "center", yanchor: "top" }, { ax: -1, ay: 0, xanchor: "right", yanchor: "middle" },
];
function placeLabels(plane, element, log) {
  const size = { width: element.clientWidth - 80, height: element.clientHeight - 70 };
  const pixels = plane.finalists.map((point) => ({ point, ...pixelOf(plane, point, size, log) }));
  const taken = pixels.map(({ px, py }) => box(px, py, 14, 14));
  return pixels.filter(({ point }) => point.row[1])
    .flatMap(({ point, px, py }) => labelOf(plane, point, px, py, taken, size, log));
}
function pixelOf({ limits, y }, point, size, log) {
  const along = (value, [low, high]) => (value - low) / (high - low);
  const px = along(log ? Math.log10(point.x) : point.x, limits.x) * size.width;
  const py = (1 - along(point.y * FORMS[y.form].scale, limits.y)) * size.height;
  return { px, py };
}
function box(px, py, width, height) {
  return { left: px - width / 2, right: px + width / 2, top: py - height / 2, bottom: py + height / 2 };
}
function labelOf({ y, colour }, point, px, py, taken, size, log) {
  const width = point.digest.length * LABEL.perCharacter;
  for (const place of PLACES) {
    const shift = { x: place.ax * (width / 2 + LABEL.gap), y: place.ay * (LABEL.height / 2 + LABEL.gap) };
    const spot = box(px + shift.x, py + shift.y, width, LABEL.height);
    if (!inside(spot, size) || taken.some((other) => meet(spot, other))) continue;
    taken.push(spot);
    return [{
      x: log ? Math.log10(point.x) : point.x, y: point.y * FORMS[y.form].scale, text: plain(point.digest), showarrow: false,
      xshift: place.ax * LABEL.gap, yshift: -place.ay * LABEL.gap, xanchor: place.xanchor, yanchor: place.yanchor,
      font: { color: colour.accent, size: 12 },
    }];
  }
  return [];
}
function inside(spot, { width, height }) {
  return spot.left >= 0 && spot.right <= width && spot.top >= 0 && spot.bottom <= height;
}
function meet(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
