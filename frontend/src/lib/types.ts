/** The shapes of the server's answers; src/elman/viewer/routes has their other half. */

export type Status = "running" | "done" | "stopped" | "failed" | "interrupted" | "unknown";

export interface RunRow {
  name: string;
  status: Status;
  task: string | null;
  cell: string | null;
  created: string | null;
  updated: string | null;
  finished: string | null;
  steps: number | null;
  seconds: number | null;
  val_loss: number | null;
  data: string | null;
  hidden: number | null;
  layers: number | null;
  minutes: number | null;
  steps_wanted: number | null;
  clip: number | null;
}

export interface RunList {
  folder: string;
  count: number;
  runs: RunRow[];
}

export interface RunFacts extends RunRow {
  error: string | null;
  command: string[];
  versions: Record<string, string>;
  resumed: number;
  config: Record<string, Record<string, unknown> | string>;
  equations: string | null;
  checkpoints: { step: number; score: number | null }[];
}

export type Column = (number | null)[];

export interface Metrics {
  cursor: string;
  anew: boolean;
  more: boolean;
  status: Status;
  step: number[];
  loss: Column;
  norm: Column;
  lr: Column;
  val_loss: Column;
  seconds: Column;
  skipped: Column;
}

export interface Sample {
  step: number;
  text: string;
  val_loss?: number | null;
  [figure: string]: unknown;
}

export interface CellFacts {
  name: string;
  text: string;
  title: string;
  citation: string;
  rows: string[];
  states: { name: string; size: string; start: number }[];
  parameters: { name: string; shape: string[]; start: number | string | null }[];
  quantities: string[];
  warnings: string[];
}

export type Kind = "state" | "gate" | "quantity";

export interface TrackFacts {
  address: string;
  name: string;
  layer: number;
  kind: Kind;
  units: number;
  low: number;
  high: number;
}

export interface ReadingFacts {
  text: string;
  content: string;
  step: number;
  cell: string;
  loss: number;
  tracks: TrackFacts[];
}

export interface Instant {
  at: number;
  character: string;
  values: Record<string, number>;
  guesses: { character: string; share: number }[];
  next: string | null;
  nats: number | null;
}

export interface Ranked {
  unit: string;
  chosen: number;
  reported: number;
}

export interface Finding {
  annotation: string;
  about: string;
  measure: "auc" | "correlation";
  share: number;
  unit: string;
  sign: number;
  chosen: number | null;
  reported: number | null;
  baseline: number | null;
  untrained: number | null;
  shuffled: number | null;
  ranking: Ranked[];
}

export interface Matching {
  units: { unit: string; sign: number; auc: number }[];
  places: { start: number; stop: number; score: number; before: string; text: string; after: string }[];
}

export interface Snippet {
  start: number;
  stop: number;
  peak: number;
  value: number;
  text: string;
  values: number[];
}

export interface UnitFacts {
  unit: string;
  low: number;
  high: number;
  mean: number;
  counts: number[];
  edges: number[];
  snippets: Snippet[];
  lows: Snippet[];
  writes: { character: string; weight: number }[];
}

export interface Written {
  seed: number;
  prime: string;
  value: number;
  usual: string;
  changed: string;
}

export interface GateTrack {
  track: string;
  low: number[];
  high: number[];
}

export interface AnnotationFacts {
  name: string;
  about: string;
  share: number;
}

export interface AblationFacts {
  annotation: string;
  value: number;
  inside: number;
  outside: number;
  ratio: number | null;
  interval: [number | null, number | null];
  inside_interval: [number, number];
  outside_interval: [number, number];
}

export interface FlowFacts {
  run: string;
  cell: string;
  places: number;
  verdict: string;
  layers: {
    layer: number;
    states: Record<string, number[]>;
    alone: Record<string, number[]>;
    whole: number[];
    verdict: string;
  }[];
}

export interface SpectrumFacts {
  run: string;
  layers: {
    layer: number;
    exponents: number[];
    steps: number[][];
    products: Record<string, number[]>;
    course: number[];
    verdict: string;
  }[];
}

export interface PathFacts {
  track: string;
  tracks: string[];
  from: number;
  to: number;
  text: string;
  x: number[];
  y: number[];
  shares: number[];
}
