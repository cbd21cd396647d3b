/** The turns of a search as points: score or memorization over time, parameters, seconds. */

import { curve } from "./color";
import { count, figure, percent, short } from "./format";
import type { Group, Line, Plot } from "./points";
import type { Arm, SearchFacts } from "./types";
import type { Columns } from "../stores/search.svelte";

export type Of = "score" | "memorization";
export type Over = "candidates" | "minutes";
export type Along = "parameters" | "seconds";

/** A plot, and which turn each of its points stands for. */
export interface Turned {
  plot: Plot;
  turns: number[];
}

const ARMS: Arm[] = ["evolution", "control"];
const SEEDS = 2; // the group of the cells that a search begins with
const LABELS = { score: "score", memorization: "accuracy in memorization" };

export function groups(dark: boolean): Group[] {
  return [
    { label: "evolution", color: curve(0, dark), hollow: false },
    { label: "control", color: curve(1, dark), hollow: true },
    { label: "seeds", color: curve(4, dark), hollow: false, large: true },
  ];
}

/** The score once a new cell has one, and before that the test that comes first. */
export function usual(columns: Columns, facts: SearchFacts): Of {
  const scored = columns.score!.some((value, turn) => !Number.isNaN(value) && columns.cell![turn]! >= facts.seeds.length);
  return scored ? "score" : "memorization";
}

/** Each turn where it ended, with the best of either side so far; the seeds are levels. */
export function overTime(columns: Columns, facts: SearchFacts, of: Of, over: Over, dark: boolean): Turned {
  const values = columns[of]!;
  const x = over === "minutes" ? columns.finished!.map((seconds) => seconds / 60) : counted(columns, facts);
  const seeds = facts.seeds.length;
  const turns = kept(values, x).filter((turn) => columns.cell![turn]! >= seeds);
  turns.sort((a, b) => x[a]! - x[b]! || a - b);
  const last = x.reduce((most, value) => (value > most ? value : most), 0);
  const lines = of === "score" ? ARMS.map((_, arm) => best(columns, turns, x, values, arm, last, dark)) : [];
  const levels = of === "score" ? seedLevels(columns, facts) : [{ label: `passes ${percent(facts.mark)}`, y: facts.mark }];
  const xLabel = over === "minutes" ? "minutes of running search" : "candidates";
  return plotted(columns, facts, turns, x, values, dark, {
    lines: lines.filter((line) => line.x.length), levels, reach: [0, last], xLabel, yLabel: LABELS[of],
  });
}

/** Each cell once, with what it has reached by now. */
export function against(columns: Columns, facts: SearchFacts, of: Of, along: Along, dark: boolean): Turned {
  const x = columns[along]!;
  const values = columns[of]!.slice();
  if (of === "score") {
    const known = new Map<number, number>();
    values.forEach((value, turn) => Number.isNaN(value) || known.set(columns.cell![turn]!, value));
    values.forEach((_, turn) => (values[turn] = known.get(columns.cell![turn]!) ?? NaN));
  }
  const again = facts.codes.kind.indexOf("again");
  const turns = kept(values, x).filter((turn) => columns.kind![turn] !== again);
  const xLabel = along === "seconds" ? "seconds for all of its stages" : "parameters in the memorization test";
  const levels = of === "score" ? [] : [{ label: `passes ${percent(facts.mark)}`, y: facts.mark }];
  return plotted(columns, facts, turns, x, values, dark, { lines: [], levels, xLabel, yLabel: LABELS[of] });
}

type Rest = Pick<Plot, "lines" | "levels" | "reach" | "xLabel" | "yLabel">;

function plotted(columns: Columns, facts: SearchFacts, turns: number[], x: Float32Array, y: Float32Array, dark: boolean, rest: Rest): Turned {
  const seeds = facts.seeds.length;
  const group = (turn: number) => (columns.cell![turn]! < seeds ? SEEDS : columns.arm![turn]!);
  const used = new Set(turns.map(group));
  const plot = {
    x: Float32Array.from(turns, (turn) => x[turn]!),
    y: Float32Array.from(turns, (turn) => y[turn]!),
    group: Uint8Array.from(turns, group),
    groups: groups(dark).filter((_, index) => index < SEEDS || used.has(SEEDS)),
    ...rest,
  };
  return { plot, turns };
}

const kept = (values: Float32Array, x: Float32Array): number[] =>
  [...values.keys()].filter((turn) => !Number.isNaN(values[turn]!) && !Number.isNaN(x[turn]!));

/** How many candidates there were when each turn was begun, itself included. */
function counted(columns: Columns, facts: SearchFacts): Float32Array {
  const again = facts.codes.kind.indexOf("again");
  let number = 0;
  return columns.memorization!.map((value, turn) => {
    if (columns.kind![turn] !== again && !Number.isNaN(value)) number++;
    return number;
  });
}

/** The best of one side so far, as steps up to the end. */
function best(columns: Columns, turns: number[], x: Float32Array, y: Float32Array, arm: number, last: number, dark: boolean): Line {
  const line: Line = { label: `best of ${ARMS[arm]}`, color: curve(arm, dark), x: [], y: [] };
  let top = -Infinity;
  for (const turn of turns) {
    if (columns.arm![turn] !== arm || y[turn]! <= top) continue;
    if (line.x.length) {
      line.x.push(x[turn]!);
      line.y.push(top);
    }
    top = y[turn]!;
    line.x.push(x[turn]!);
    line.y.push(top);
  }
  if (line.x.length) {
    line.x.push(last);
    line.y.push(top);
    line.label += ` ${figure(top)}`;
  }
  return line;
}

function seedLevels(columns: Columns, facts: SearchFacts): Plot["levels"] {
  return facts.seeds.flatMap(({ cell, name }) => {
    const turn = columns.cell!.findLastIndex((one, i) => one === cell && !Number.isNaN(columns.score![i]!));
    return turn < 0 ? [] : [{ label: `${name} ${figure(columns.score![turn])}`, y: columns.score![turn]! }];
  });
}

/** A turn in a few words. */
export function inWords(columns: Columns, facts: SearchFacts, turn: number): string {
  const at = (name: string) => columns[name]![turn]!;
  const cell = at("cell");
  const name = facts.seeds[cell]?.name ?? `cell ${cell}`;
  const kind = facts.codes.kind[at("kind")] ?? "";
  const origin = kind === "again" ? "tried again" : kind === "seed" ? "seed" : `${facts.codes.arm[at("arm")]}, ${kind}`;
  const told = [
    Number.isNaN(at("score")) ? null : `score ${figure(at("score"))}`,
    Number.isNaN(at("memorization")) ? null : `memorization ${percent(at("memorization"), 1)}`,
    Number.isNaN(at("parameters")) ? null : `${count(at("parameters"))} parameters`,
    `${short(at("seconds"))} s`,
  ];
  return `${name} (${origin}): ${told.filter(Boolean).join(", ")}`;
}
