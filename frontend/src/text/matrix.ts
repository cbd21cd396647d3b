/** Painting units by characters: the cells that are in view, a pixel each, drawn large. */

import { shade } from "../lib/color";
import type { Scale } from "./paint";

/** What is fetched at once: so many units by so many characters. */
export const TILE = { units: 64, length: 512 };
export const ROW = 8; // pixels of a unit
export const HEAD = 22; // of the letters above
export const GUTTER = 40; // of the numbers on the left
const FONT = '"JetBrains Mono Variable", monospace';
const LETTER = 8; // pixels from which on letters have room

export interface Sight {
  units: number;
  characters: readonly string[];
  scale: Scale;
  /** Pixels of a character, and how far both ways is scrolled. */
  wide: number;
  left: number;
  top: number;
  tile: (row: number, column: number) => Float32Array | undefined;
  chosen: number | null;
  cursor: number | null;
  inks: { text: string; soft: string; mark: string; sheet: string };
}

export interface Range {
  rows: readonly [number, number];
  columns: readonly [number, number];
}

/** Units and characters in view. */
export function inView({ units, characters, wide, left, top }: Sight, width: number, height: number): Range {
  const range = (from: number, size: number, step: number, most: number) =>
    [Math.max(0, Math.floor(from / step)), Math.min(most, Math.ceil((from + size) / step))] as const;
  return {
    rows: range(top, height - HEAD, ROW, units),
    columns: range(left, width - GUTTER, wide, characters.length),
  };
}

/** The tiles that a range touches. */
export function tilesOf({ rows, columns }: Range): [number, number][] {
  const found: [number, number][] = [];
  for (let row = Math.floor(rows[0] / TILE.units); row * TILE.units < rows[1]; row++)
    for (let column = Math.floor(columns[0] / TILE.length); column * TILE.length < columns[1]; column++)
      found.push([row, column]);
  return found;
}

let ground: OffscreenCanvas | null = null;

export function paintMatrix(canvas: HTMLCanvasElement, sight: Sight, ratio: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const [width, height] = [canvas.width / ratio, canvas.height / ratio];
  const range = inView(sight, width, height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(GUTTER, HEAD, width - GUTTER, height - HEAD);
  context.clip();
  paintCells(context, sight, range);
  paintMarks(context, sight, width);
  context.restore();
  paintLetters(context, sight, range, width);
  paintNumbers(context, sight, range);
}

function paintCells(context: CanvasRenderingContext2D, sight: Sight, { rows, columns }: Range): void {
  const [across, down] = [columns[1] - columns[0], rows[1] - rows[0]];
  if (across <= 0 || down <= 0) return;
  const image = new ImageData(across, down);
  for (const [i, j] of tilesOf({ rows, columns })) {
    const values = sight.tile(i, j);
    if (values) fill(image, values, sight, [i, j], { rows, columns });
  }
  ground ??= new OffscreenCanvas(1, 1);
  [ground.width, ground.height] = [across, down];
  ground.getContext("2d")?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  const [x, y] = [GUTTER + columns[0] * sight.wide - sight.left, HEAD + rows[0] * ROW - sight.top];
  context.drawImage(ground, x, y, across * sight.wide, down * ROW);
}

function fill(
  image: ImageData,
  values: Float32Array,
  { scale, characters }: Sight,
  [i, j]: [number, number],
  { rows, columns }: Range,
): void {
  const [row0, column0] = [i * TILE.units, j * TILE.length];
  const length = Math.min(TILE.length, characters.length - column0);
  const [from, to] = [Math.max(columns[0], column0), Math.min(columns[1], column0 + length)];
  const last = Math.min(rows[1], row0 + values.length / length);
  for (let row = Math.max(rows[0], row0); row < last; row++) {
    const line = (row - row0) * length - column0;
    let at = 4 * ((row - rows[0]) * image.width + from - columns[0]);
    for (let column = from; column < to; column++, at += 4) {
      const color = 3 * shade(values[line + column]!, scale.low, scale.high);
      image.data[at] = scale.table[color]!;
      image.data[at + 1] = scale.table[color + 1]!;
      image.data[at + 2] = scale.table[color + 2]!;
      image.data[at + 3] = 255;
    }
  }
}

/** The chosen unit between two lines, the chosen character too. */
function paintMarks(context: CanvasRenderingContext2D, sight: Sight, width: number): void {
  context.lineWidth = 1.5;
  if (sight.chosen !== null) {
    context.strokeStyle = sight.inks.mark;
    context.strokeRect(GUTTER - 2, HEAD + sight.chosen * ROW - sight.top - 0.75, width, ROW + 1.5);
  }
  if (sight.cursor !== null) {
    context.strokeStyle = sight.inks.text;
    const x = GUTTER + sight.cursor * sight.wide - sight.left;
    context.strokeRect(x - 0.5, HEAD - 2, sight.wide + 1, 1e5);
  }
}

function paintNumbers(context: CanvasRenderingContext2D, sight: Sight, { rows }: Range): void {
  context.font = `10px ${FONT}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  const place = (row: number) => HEAD + row * ROW - sight.top + ROW / 2 + 0.5;
  const chosen = sight.chosen;
  context.fillStyle = sight.inks.soft;
  for (let row = rows[0]; row < rows[1]; row++) {
    const hidden = place(row) < HEAD + 3 || (chosen !== null && Math.abs(row - chosen) < 2);
    if (row % 5 === 0 && !hidden) context.fillText(String(row), GUTTER - 6, place(row));
  }
  if (chosen === null || place(chosen) < HEAD + 3) return;
  context.fillStyle = sight.inks.mark;
  context.font = `bold 10px ${FONT}`;
  context.fillText(String(chosen), GUTTER - 6, place(chosen));
}

const SHOWN: Record<string, string> = { "\n": "↵", "\t": "⇥", "\r": "␍", " ": "" };

function paintLetters(
  context: CanvasRenderingContext2D,
  sight: Sight,
  { columns }: Range,
  width: number,
): void {
  context.clearRect(0, 0, width, HEAD);
  context.textBaseline = "middle";
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, width - GUTTER, HEAD);
  context.clip();
  const x = (column: number) => GUTTER + column * sight.wide - sight.left;
  if (sight.wide >= LETTER) {
    context.textAlign = "left";
    context.font = `13px ${FONT}`;
    for (let column = columns[0]; column < columns[1]; column++) {
      const letter = sight.characters[column]!;
      context.fillStyle = letter === "\n" ? sight.inks.soft : sight.inks.text;
      context.fillText(SHOWN[letter] ?? letter, x(column), HEAD / 2);
    }
  } else {
    context.textAlign = "left";
    context.font = `10px ${FONT}`;
    context.fillStyle = sight.inks.soft;
    const every = 100 * Math.ceil(1 / sight.wide);
    for (let column = Math.ceil(columns[0] / every) * every; column < columns[1]; column += every)
      context.fillText(column.toLocaleString("en-US"), x(column), HEAD / 2);
  }
  context.restore();
}

/** The unit and the character under a point of the canvas, or null. */
export function underPoint(sight: Sight, x: number, y: number): { unit: number; index: number } | null {
  if (x < GUTTER || y < HEAD) return null;
  const unit = Math.floor((y - HEAD + sight.top) / ROW);
  const index = Math.floor((x - GUTTER + sight.left) / sight.wide);
  return unit < sight.units && index < sight.characters.length ? { unit, index } : null;
}
