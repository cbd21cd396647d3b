/** A sequence of numbers as curves. */

import { curve } from "./color";
import type { Chart } from "./curves";

export function features(values: (number | null)[][], all: number, dark: boolean): Chart {
  const x = (values[0] ?? []).map((_, k) => k + 1);
  return {
    x,
    xLabel: "step",
    yLabel: values.length < all ? `the first ${values.length} of ${all} numbers` : "numbers",
    xRange: [0.5, x.length + 0.5],
    whole: true,
    curves: values.map((row, k) => ({ label: `number ${k + 1}`, color: curve(k, dark), values: row })),
  };
}
