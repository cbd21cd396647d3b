/** Where a gradient goes as charts, and the ranges that let those of two runs stand side by side. */

import { curve } from "./color";
import { along, shared, type Chart, type Curve, type Range } from "./curves";
import type { FlowFacts, SpectrumFacts } from "./types";

export interface Ranges {
  x?: Range;
  y?: Range;
}

/** One scale for all charts, if they are of more than one run. */
export const rangesOf = (charts: readonly Chart[], runs: number): Ranges =>
  runs > 1 ? { x: along(charts), y: shared(charts) } : {};

export const within = (chart: Chart, { x, y }: Ranges): Chart => ({ ...chart, xRange: x, yRange: y });

const above = (values: number[], least: number) => values.map((value) => (value > least ? value : null));

/** A chart for each layer: the norm by steps back, of each state and along its own path. */
export function flowCharts({ layers }: FlowFacts, dark: boolean): Chart[] {
  return layers.map((layer) => {
    const states = Object.entries(layer.states);
    const curves: Curve[] = states.map(([label, values], i) => ({
      label, color: curve(i, dark), values: above(values, 1e-14),
    }));
    for (const [state, values] of Object.entries(layer.alone))
      curves.push({
        label: `${state} along its own path`,
        color: curve(states.findIndex(([one]) => one === state), dark),
        values: above(values, 1e-14),
        dashed: true,
      });
    const x = layer.whole.map((_, lag) => lag);
    return { x, xLabel: "steps back", yLabel: "norm of the gradient", curves, log: true };
  });
}

const numbered = (values: number[]) => values.map((_, i) => i + 1);

/** A chart for each layer: singular values of the step's Jacobian and of products. */
export function singularCharts({ layers }: SpectrumFacts, dark: boolean): Chart[] {
  return layers.map((layer) => {
    const curves: Curve[] = Object.entries(layer.products).map(([lag, values], i) => ({
      label: lag === "1" ? "one step" : `${lag} steps`,
      color: curve(i, dark),
      values: above(values, 1e-12),
    }));
    const x = numbered(Object.values(layer.products)[0] ?? []);
    return { x, xLabel: "number", yLabel: "singular value", curves, log: true };
  });
}

/** A chart for each layer: its Lyapunov exponents. */
export function exponentCharts({ layers }: SpectrumFacts, dark: boolean): Chart[] {
  return layers.map(({ exponents }) => ({
    x: numbered(exponents),
    xLabel: "number",
    yLabel: "exponent per step",
    curves: [
      { label: "exponent", color: curve(0, dark), values: exponents, points: true },
      { label: "0: neither grows nor fades", color: curve(1, dark), values: exponents.map(() => 0), dashed: true },
    ],
  }));
}
