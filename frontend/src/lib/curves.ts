/** Curves as uPlot wants them, and as SVG for a paper. */

import type uPlot from "uplot";

import { short } from "./format";
import { ink } from "./theme.svelte";

export interface Curve {
  label: string;
  color: string;
  values: (number | null)[];
  dashed?: boolean;
  points?: boolean;
  faint?: boolean;
  strong?: boolean;
}

export interface Chart {
  x: number[];
  xLabel: string;
  yLabel: string;
  curves: Curve[];
  log?: boolean;
  xLog?: boolean;
  /** Where the axes begin and end, if not where the curves do. */
  xRange?: Range;
  yRange?: Range;
  /** Whether only whole numbers stand along x. */
  whole?: boolean;
}

export type Range = [low: number, high: number];

const WHOLE = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4].map((power) => n * 10 ** power)).sort((a, b) => a - b);

/** The range that holds all curves of some charts: so that these can stand side by side. */
export function shared(charts: readonly Chart[]): Range | undefined {
  const log = charts.some((chart) => chart.log);
  const values = charts
    .flatMap(({ curves }) => curves.flatMap((curve) => curve.values))
    .filter((value): value is number => value !== null && (!log || value >= FAINTEST));
  if (!values.length) return undefined;
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  if (log) return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
  const margin = 0.06 * (high - low || Math.abs(high) || 1);
  return [low - margin, high + margin];
}

/** The same for x, without a margin. */
export function along(charts: readonly Chart[]): Range | undefined {
  const places = charts.flatMap(({ x }) => (x.length ? [x[0]!, x.at(-1)!] : []));
  return places.length ? [Math.min(...places), Math.max(...places)] : undefined;
}

export function options(chart: Chart, width: number, height: number): uPlot.Options {
  const line = ink("line");
  const axis = { stroke: ink("soft"), font: `11px ${ink("sans")}`, labelFont: `500 11px ${ink("sans")}` };
  const quiet = { grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  const decades = (_: uPlot, splits: number[]) =>
    splits.map((value) => (Number.isInteger(+Math.log10(value).toFixed(6)) ? value : null));
  const sparse = chart.log
    ? { grid: { ...quiet.grid, filter: decades }, ticks: { ...quiet.ticks, filter: decades } }
    : quiet;
  const named = (values: number[]) => values.map((value) => (value == null ? "" : short(value)));
  return {
    width,
    height,
    padding: [8, 12, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: true, y: false } },
    legend: { show: false },
    scales: {
      x: { time: false, ...(chart.xLog ? { distr: 3, log: 10 } : {}), ...fixed(chart.xRange) },
      y: { ...(chart.log ? { distr: 3, log: 10 } : {}), ...fixed(chart.yRange) },
    },
    axes: [
      {
        ...axis, ...quiet, label: chart.xLabel, labelSize: 18, size: 30, values: (_, v) => named(v),
        ...(chart.whole ? { incrs: WHOLE } : {}),
      },
      { ...axis, ...sparse, label: chart.yLabel, labelSize: 18, size: 52, values: (_, v) => named(v) },
    ],
    series: [{}, ...chart.curves.map(series)],
  };
}

const fixed = (range?: Range): Partial<uPlot.Scale> => (range ? { range: () => range } : {});

function series(curve: Curve): uPlot.Series {
  return {
    label: curve.label,
    stroke: curve.color,
    width: curve.strong ? 3 : curve.faint ? 1 : 1.75,
    spanGaps: true,
    ...(curve.dashed ? { dash: [5, 4] } : {}),
    points: curve.points ? { show: true, size: 6, fill: curve.color } : { show: false },
  };
}

const FAINTEST = 1e-14; // below it uPlot finds no marks for an axis of powers of ten

export function data(chart: Chart): uPlot.AlignedData {
  const drawn = (value: number | null) => (value !== null && value >= FAINTEST ? value : null);
  const rows = chart.curves.map(({ values }) => (chart.log ? values.map(drawn) : values));
  return [chart.x, ...rows] as uPlot.AlignedData;
}

/** The chart as a picture of its own, of one size, on white. */
export function toSvg(chart: Chart, title: string): string {
  const [w, h, left, top, right, bottom] = [720, 360, 62, 34, 16, 44];
  const up = chart.log ? (v: number) => Math.log10(v) : (v: number) => v;
  const across = chart.xLog ? (v: number) => Math.log10(v) : (v: number) => v;
  const fits = (v: number | null): v is number => v !== null && (!chart.log || v > 0);
  const ys = chart.curves.flatMap((curve) => curve.values.filter(fits).map(up));
  const xs = chart.x.filter((v) => !chart.xLog || v > 0).map(across);
  const [x0, x1] = chart.xRange?.map(across) ?? [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = chart.yRange?.map(up) ?? [Math.min(...ys), Math.max(...ys)];
  const px = (x: number) => left + ((across(x) - x0!) / (x1! - x0! || 1)) * (w - left - right);
  const py = (y: number) => h - bottom - ((up(y) - y0!) / (y1! - y0! || 1)) * (h - top - bottom);
  const lines = chart.curves.map((curve, index) => {
    const points = chart.x.flatMap((x, i) => {
      const y = curve.values[i] ?? null;
      return fits(y) && (!chart.xLog || x > 0) ? [`${px(x).toFixed(1)},${py(y).toFixed(1)}`] : [];
    });
    const dash = curve.dashed ? ' stroke-dasharray="5 4"' : "";
    const key = `<text x="${left + 8 + index * 150}" y="${top - 8}" fill="${curve.color}">${escape(curve.label)}</text>`;
    return `<polyline fill="none" stroke="${curve.color}" stroke-width="1.75"${dash} points="${points.join(" ")}"/>${key}`;
  });
  const back = (v: number, log?: boolean) => short(log ? 10 ** v : v);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const [x, y] = [left + share * (w - left - right), h - bottom - share * (h - top - bottom)];
    return (
      `<path d="M${left} ${y}H${w - right}" stroke="#ddd"/>` +
      `<text x="${left - 8}" y="${y + 4}" text-anchor="end">${back(y0! + share * (y1! - y0!), chart.log)}</text>` +
      `<text x="${x}" y="${h - bottom + 18}" text-anchor="middle">${back(x0! + share * (x1! - x0!), chart.xLog)}</text>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="12">` +
    `<title>${escape(title)}</title><rect width="${w}" height="${h}" fill="white"/>${ticks.join("")}${lines.join("")}` +
    `<text x="${(w + left) / 2}" y="${h - 8}" text-anchor="middle">${escape(chart.xLabel)}</text>` +
    `<text transform="translate(14 ${h / 2}) rotate(-90)" text-anchor="middle">${escape(chart.yLabel)}</text></svg>`
  );
}

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
