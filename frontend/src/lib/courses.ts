/** How a label develops, as curves: what is right stands out. */

import { curve, CURVES } from "./color";
import type { Chart } from "./curves";
import { percent } from "./format";
import type { Course } from "./types";

/** Each label in a color of its own, the same in every chart, as long as there are colors. */
export function coloring(courses: readonly Course[]): (label: string, k: number, dark: boolean) => string {
  const names = [...new Set(courses.flatMap(({ labels }) => labels))].sort();
  const enough = names.length <= CURVES.light.length;
  return (label, k, dark) => curve(enough ? names.indexOf(label) : k, dark);
}

export function courseChart(
  course: Course,
  x: number[],
  xLabel: string,
  color: ReturnType<typeof coloring>,
  dark: boolean,
): Chart {
  return {
    x,
    xLabel,
    yLabel: "probability",
    xRange: [0.5, (x.at(-1) ?? 1) + 0.5],
    yRange: [0, 1],
    whole: true,
    curves: course.labels.map((label, k) => ({
      label: label === course.right ? `${label} ✓` : label,
      color: color(label, k, dark),
      values: course.probabilities[k]!,
      strong: label === course.right,
      points: x.length < 3,
    })),
  };
}

/** What was said in the end, and whether the data say the same. */
export const verdict = ({ said, sure, right }: Course): string =>
  `Said “${said}”, ${percent(sure)}; ${said === right ? "so do the data" : `the data say “${right}”`}.`;

/** The end of a path or of a place in a file, as much as tells it from others. */
export const brief = (name: string): string => name.split("/").slice(-2).join("/");
