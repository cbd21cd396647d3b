/** Points in a plane, with lines and levels: where they fall, how they are painted, and as SVG. */

import { escape } from "./curves";
import { short } from "./format";

export interface Group {
  label: string;
  color: string;
  hollow: boolean;
  large?: boolean;
}

export interface Line {
  label: string;
  color: string;
  x: number[];
  y: number[];
}

export interface Plot {
  x: Float32Array;
  y: Float32Array;
  group: Uint8Array;
  groups: Group[];
  lines: Line[];
  levels: { label: string; y: number }[];
  /** From where to where it reaches at least. */
  reach?: number[];
  xLabel: string;
  yLabel: string;
}

export interface Inks {
  line: string;
  soft: string;
  ink: string;
  sheet: string;
  font: string;
}

export interface Fitted {
  width: number;
  height: number;
  /** Of every point, in pixels. */
  px: Float32Array;
  py: Float32Array;
  x: (value: number) => number;
  y: (value: number) => number;
  across: number[];
  down: number[];
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const EDGE = { left: 62, top: 12, right: 14, bottom: 42 };
const CROWD = 2000; // points, from which on they are drawn smaller

/** Round numbers from low to high, about as many as wanted. */
export function marks(low: number, high: number, wanted: number): number[] {
  const raw = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((digit) => digit * power >= raw) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const number = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: number }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

export function fit(plot: Plot, width: number, height: number): Fitted {
  const ys = plot.levels.map((level) => level.y);
  const [x0, x1] = range([plot.x], [...plot.lines.flatMap((line) => line.x), ...(plot.reach ?? [])]);
  const [y0, y1] = range([plot.y], [...plot.lines.flatMap((line) => line.y), ...ys]);
  const across = width - EDGE.left - EDGE.right;
  const down = height - EDGE.top - EDGE.bottom;
  const x = (value: number) => EDGE.left + ((value - x0) / (x1 - x0)) * across;
  const y = (value: number) => height - EDGE.bottom - ((value - y0) / (y1 - y0)) * down;
  return {
    width, height, x, y,
    px: plot.x.map(x),
    py: plot.y.map(y),
    across: marks(x0, x1, Math.max(2, width / 110)),
    down: marks(y0, y1, Math.max(2, height / 55)),
  };
}

/** From the least to the greatest, with a margin; around a single value, or 0 to 1 without any. */
function range(columns: Float32Array[], more: number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of [...columns, more])
    for (let i = 0; i < values.length; i++) {
      low = Math.min(low, values[i]!);
      high = Math.max(high, values[i]!);
    }
  if (low > high) return [0, 1];
  const margin = 0.04 * (high - low) || 0.05 * Math.abs(high) || 1;
  return [low - margin, high + margin];
}

const radius = (plot: Plot, group: Group) => (group.large ? 5 : plot.x.length > CROWD ? 2.2 : 3.4);

export function paint(context: Context, plot: Plot, at: Fitted, inks: Inks, ratio: number): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, at.width, at.height);
  paintAxes(context, plot, at, inks);
  paintDots(context, plot, at, ratio);
  paintLevels(context, plot, at, inks);
  context.lineWidth = 2;
  context.lineJoin = "round";
  for (const line of plot.lines) {
    context.strokeStyle = line.color;
    context.beginPath();
    line.x.forEach((x, i) => context.lineTo(at.x(x), at.y(line.y[i]!)));
    context.stroke();
  }
}

const OPACITY = 0.75;

/** Pixel by pixel into one image: ten thousand dots in a few milliseconds, far faster than arcs. */
function paintDots(context: Context, plot: Plot, at: Fitted, ratio: number): void {
  const [width, height] = [Math.round(at.width * ratio), Math.round(at.height * ratio)];
  const image = new ImageData(width, height);
  const stamps = plot.groups.map((group) => stamp(group, radius(plot, group) * ratio, ratio, width));
  for (let i = 0; i < at.px.length; i++) {
    const [x, y] = [Math.round(at.px[i]! * ratio), Math.round(at.py[i]! * ratio)];
    const { reach } = stamps[plot.group[i]!]!;
    const inside = x >= reach && y >= reach && x < width - reach && y < height - reach;
    if (inside) press(image.data, stamps[plot.group[i]!]!, y * width + x);
  }
  const layer = new OffscreenCanvas(width, height);
  layer.getContext("2d")!.putImageData(image, 0, 0);
  context.drawImage(layer, 0, 0, at.width, at.height);
}

interface Stamp {
  reach: number; // pixels from its middle to its edge
  steps: Int32Array; // from its middle to each of its pixels, in an image of some width
  cover: Float32Array; // of each of them, 0 to 1
  color: [number, number, number];
}

function stamp(group: Group, size: number, ratio: number, width: number): Stamp {
  const reach = Math.ceil(size + 1);
  const steps: number[] = [];
  const cover: number[] = [];
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) {
      const from = Math.hypot(x, y);
      const inside = group.hollow ? 0.65 * ratio - Math.abs(from - size + 0.6 * ratio) : size - from;
      if (inside <= -0.5) continue;
      steps.push(y * width + x);
      cover.push(OPACITY * Math.min(1, inside + 0.5));
    }
  const code = parseInt(group.color.slice(1), 16);
  const color: Stamp["color"] = [code >> 16, (code >> 8) & 255, code & 255];
  return { reach, steps: Int32Array.from(steps), cover: Float32Array.from(cover), color };
}

/** Put a stamp over what is there, its middle at a pixel. */
function press(data: Uint8ClampedArray, stamp: Stamp, middle: number): void {
  const [red, green, blue] = stamp.color;
  for (let i = 0; i < stamp.steps.length; i++) {
    const place = 4 * (middle + stamp.steps[i]!);
    const over = stamp.cover[i]!;
    const under = (data[place + 3]! / 255) * (1 - over);
    const share = over / (over + under);
    data[place] = data[place]! + share * (red - data[place]!);
    data[place + 1] = data[place + 1]! + share * (green - data[place + 1]!);
    data[place + 2] = data[place + 2]! + share * (blue - data[place + 2]!);
    data[place + 3] = 255 * (over + under);
  }
}

function paintAxes(context: Context, plot: Plot, at: Fitted, inks: Inks): void {
  const [bottom, right] = [at.height - EDGE.bottom, at.width - EDGE.right];
  context.font = inks.font;
  context.lineWidth = 1;
  context.strokeStyle = inks.line;
  context.fillStyle = inks.soft;
  context.beginPath();
  for (const value of at.across) {
    context.moveTo(at.x(value), EDGE.top);
    context.lineTo(at.x(value), bottom);
  }
  for (const value of at.down) {
    context.moveTo(EDGE.left, at.y(value));
    context.lineTo(right, at.y(value));
  }
  context.stroke();
  context.textAlign = "center";
  for (const value of at.across) context.fillText(short(value), at.x(value), bottom + 16);
  context.fillText(plot.xLabel, (EDGE.left + right) / 2, bottom + 34);
  context.textAlign = "right";
  for (const value of at.down) context.fillText(short(value), EDGE.left - 8, at.y(value) + 4);
  context.save();
  context.translate(13, (EDGE.top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(plot.yLabel, 0, 0);
  context.restore();
}

function paintLevels(context: Context, plot: Plot, at: Fitted, inks: Inks): void {
  const right = at.width - EDGE.right;
  context.setLineDash([5, 4]);
  context.lineWidth = 1;
  context.strokeStyle = inks.ink;
  context.beginPath();
  for (const level of plot.levels) {
    context.moveTo(EDGE.left, at.y(level.y));
    context.lineTo(right, at.y(level.y));
  }
  context.stroke();
  context.setLineDash([]);
  context.textAlign = "right";
  context.strokeStyle = inks.sheet; // so that it can be read over a crowd of points
  context.fillStyle = inks.ink;
  context.lineWidth = 4;
  context.lineJoin = "round";
  for (const { label, y } of plot.levels) {
    context.strokeText(label, right - 4, at.y(y) - 5);
    context.fillText(label, right - 4, at.y(y) - 5);
  }
}

/** The point that is meant, over all that was painted. */
export function paintPointed(context: CanvasRenderingContext2D, plot: Plot, at: Fitted, index: number, inks: Inks): void {
  context.beginPath();
  context.arc(at.px[index]!, at.py[index]!, 6.5, 0, 2 * Math.PI);
  context.fillStyle = plot.groups[plot.group[index]!]!.color;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = inks.sheet;
  context.stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = inks.ink;
  context.beginPath();
  context.arc(at.px[index]!, at.py[index]!, 8, 0, 2 * Math.PI);
  context.stroke();
}

/** The nearest point within so many pixels, or null. */
export function nearest(at: Fitted, x: number, y: number, within = 14): number | null {
  let [found, least] = [null as number | null, within * within];
  for (let i = 0; i < at.px.length; i++) {
    const distance = (at.px[i]! - x) ** 2 + (at.py[i]! - y) ** 2;
    if (distance <= least) [found, least] = [i, distance];
  }
  return found;
}

/** The plot as a picture of its own, of one size, on white. */
export function toSvg(plot: Plot, title: string): string {
  const [w, h] = [720, 400];
  const at = fit(plot, w, h);
  const [bottom, right] = [h - EDGE.bottom, w - EDGE.right];
  const n = (value: number) => value.toFixed(1);
  const grid = [
    ...at.across.map(
      (v) =>
        `<path d="M${n(at.x(v))} ${EDGE.top}V${bottom}" stroke="#ddd"/>` +
        `<text x="${n(at.x(v))}" y="${bottom + 16}" text-anchor="middle">${short(v)}</text>`,
    ),
    ...at.down.map(
      (v) =>
        `<path d="M${EDGE.left} ${n(at.y(v))}H${right}" stroke="#ddd"/>` +
        `<text x="${EDGE.left - 8}" y="${n(at.y(v) + 4)}" text-anchor="end">${short(v)}</text>`,
    ),
    ...plot.levels.map(
      (level) =>
        `<path d="M${EDGE.left} ${n(at.y(level.y))}H${right}" stroke="#555" stroke-dasharray="5 4"/>` +
        `<text x="${right - 4}" y="${n(at.y(level.y) - 5)}" text-anchor="end">${escape(level.label)}</text>`,
    ),
  ];
  const groups = plot.groups.map((group, index) => {
    const drawn = group.hollow ? `fill="none" stroke="${group.color}"` : `fill="${group.color}"`;
    const points: string[] = [];
    for (let i = 0; i < at.px.length; i++)
      if (plot.group[i] === index)
        points.push(`<circle cx="${n(at.px[i]!)}" cy="${n(at.py[i]!)}" r="${radius(plot, group)}"/>`);
    return `<g ${drawn} opacity="0.75">${points.join("")}</g>`;
  });
  const lines = plot.lines.map((line) => {
    const points = line.x.map((x, i) => `${n(at.x(x))},${n(at.y(line.y[i]!))}`).join(" ");
    return `<polyline fill="none" stroke="${line.color}" stroke-width="2" points="${points}"/>`;
  });
  const keys = plot.groups.map(
    (group, index) =>
      `<text x="${EDGE.left + 8 + index * 110}" y="${EDGE.top + 14}" fill="${group.color}">${escape(group.label)}</text>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="12">` +
    `<title>${escape(title)}</title><rect width="${w}" height="${h}" fill="white"/>` +
    `${grid.join("")}${groups.join("")}${lines.join("")}${keys.join("")}` +
    `<text x="${(EDGE.left + right) / 2}" y="${h - 8}" text-anchor="middle">${escape(plot.xLabel)}</text>` +
    `<text transform="translate(14 ${(EDGE.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(plot.yLabel)}</text></svg>`
  );
}
