/** Painting the rows of a text that are in view, each character on the color of its value. */

import { shade } from "../lib/color";
import { characterAt, rowOf, type Layout } from "./layout";

export const CELL = { width: 8, height: 20, font: '13px "JetBrains Mono Variable", monospace' };

export type Span = readonly [start: number, stop: number];

export interface Scale {
  low: number;
  high: number;
  /** 256 colors as red, green, blue. */
  table: Uint8ClampedArray;
}

export interface View {
  characters: readonly string[];
  layout: Layout;
  values: Float32Array | null;
  scale: Scale;
  top: number; // pixels scrolled
  cursor: number | null;
  spans: readonly Span[];
  found: readonly Span[];
  inks: { text: string; faint: string; mark: string; found: string };
}

const shown: Record<string, string> = { "\n": "↵", "\t": "⇥", "\r": "␍" };
let ground: OffscreenCanvas | null = null;

export function rgb(colors: readonly string[]): Uint8ClampedArray {
  return Uint8ClampedArray.from(colors.flatMap((color) => color.match(/\d+/g)!.map(Number)));
}

export function paint(canvas: HTMLCanvasElement, view: View, ratio: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const height = canvas.height / ratio;
  const first = Math.max(0, Math.floor(view.top / CELL.height));
  const last = Math.min(view.layout.rows, Math.ceil((view.top + height) / CELL.height));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.translate(0, first * CELL.height - view.top);
  if (view.values) paintGround(context, view, view.values, first, last);
  context.font = CELL.font;
  context.textBaseline = "middle";
  for (let row = first; row < last; row++) paintRow(context, view, row, (row - first) * CELL.height);
  paintSpans(context, view, first, last, view.found, view.inks.found);
  paintSpans(context, view, first, last, view.spans, view.inks.mark);
  if (view.cursor !== null) paintCursor(context, view, first, view.cursor);
}

/** One pixel a character, drawn large: far faster than a rectangle each. */
function paintGround(
  context: CanvasRenderingContext2D,
  { layout, scale }: View,
  values: Float32Array,
  first: number,
  last: number,
): void {
  const [columns, rows] = [layout.columns, last - first];
  if (rows <= 0) return;
  const image = new ImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    const [start, stop] = [layout.starts[first + row]!, layout.starts[first + row + 1]!];
    for (let i = start; i < stop; i++) {
      const from = 3 * shade(values[i]!, scale.low, scale.high);
      const to = 4 * (row * columns + i - start);
      image.data[to] = scale.table[from]!;
      image.data[to + 1] = scale.table[from + 1]!;
      image.data[to + 2] = scale.table[from + 2]!;
      image.data[to + 3] = 255;
    }
  }
  ground ??= new OffscreenCanvas(1, 1);
  [ground.width, ground.height] = [columns, rows];
  ground.getContext("2d")?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(ground, 0, 0, columns * CELL.width, rows * CELL.height);
}

function paintRow(context: CanvasRenderingContext2D, view: View, row: number, top: number): void {
  const { characters, layout, inks } = view;
  const middle = top + CELL.height / 2 + 0.5;
  context.fillStyle = inks.text;
  for (let i = layout.starts[row]!; i < layout.starts[row + 1]!; i++) {
    const character = characters[i]!;
    if (character === " ") continue;
    const x = (i - layout.starts[row]!) * CELL.width;
    const replaced = shown[character];
    if (replaced) context.fillStyle = inks.faint;
    context.fillText(replaced ?? character, x, middle);
    if (replaced) context.fillStyle = inks.text;
  }
}

function paintSpans(
  context: CanvasRenderingContext2D,
  { layout }: View,
  first: number,
  last: number,
  spans: readonly Span[],
  color: string,
): void {
  context.fillStyle = color;
  for (const [start, stop] of spans) {
    const rows = [Math.max(first, rowOf(layout, start)), Math.min(last - 1, rowOf(layout, stop - 1))];
    for (let row = rows[0]!; row <= rows[1]!; row++) {
      const from = Math.max(start, layout.starts[row]!) - layout.starts[row]!;
      const to = Math.min(stop, layout.starts[row + 1]!) - layout.starts[row]!;
      const y = (row - first + 1) * CELL.height - 3;
      context.fillRect(from * CELL.width, y, (to - from) * CELL.width, 3);
    }
  }
}

function paintCursor(
  context: CanvasRenderingContext2D,
  { layout, inks }: View,
  first: number,
  index: number,
): void {
  const row = rowOf(layout, index);
  const column = index - layout.starts[row]!;
  context.strokeStyle = inks.text;
  context.lineWidth = 1.5;
  const [x, y] = [column * CELL.width, (row - first) * CELL.height];
  context.strokeRect(x + 0.75, y + 0.75, CELL.width - 1.5, CELL.height - 1.5);
}

/** The character under a point of the canvas, or null. */
export function under(view: View, x: number, y: number): number | null {
  const row = Math.floor((y + view.top) / CELL.height);
  return characterAt(view.layout, row, Math.floor(x / CELL.width));
}
