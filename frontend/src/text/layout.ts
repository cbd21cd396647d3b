/** A text cut into rows of a fixed width: which characters stand in which row. */

export interface Layout {
  columns: number;
  /** Index of the first character of each row, and the text's length behind the last. */
  starts: Int32Array;
  rows: number;
}

/** Rows end at line ends and where they are full; a line end is the last character of its row. */
export function layOut(characters: readonly string[], columns: number): Layout {
  const starts = [0];
  let column = 0;
  for (let i = 0; i < characters.length; i++) {
    if (column === columns) {
      starts.push(i);
      column = 0;
    }
    column++;
    if (characters[i] === "\n" && i + 1 < characters.length) {
      starts.push(i + 1);
      column = 0;
    }
  }
  return { columns, rows: starts.length, starts: Int32Array.from([...starts, characters.length]) };
}

/** The row that a character stands in. */
export function rowOf({ starts, rows }: Layout, index: number): number {
  let [low, high] = [0, rows - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The character at a row and column, or null where none stands. */
export function characterAt({ starts, rows }: Layout, row: number, column: number): number | null {
  if (row < 0 || row >= rows || column < 0) return null;
  const index = starts[row]! + column;
  return index < starts[row + 1]! ? index : null;
}

/** Line and column from 1, as editors count. */
export function lineAndColumn(characters: readonly string[], index: number): [number, number] {
  let [line, start] = [1, 0];
  for (let i = 0; i < index; i++)
    if (characters[i] === "\n") {
      line++;
      start = i + 1;
    }
  return [line, index - start + 1];
}
