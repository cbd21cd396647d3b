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
  searches: SearchRow[];
  searches_count: number;
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
  /** The size that nearly all of its values stay below. */
  usual: number;
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

export interface SearchRow {
  name: string;
  status: Status;
  candidates: number | null;
  best: number | null;
  best_name: string | null;
  score: number | null;
  created: string | null;
  updated: string | null;
  finished: string | null;
}

export type Arm = "evolution" | "control";

/** A cell of a search, as the turn tells in which it was born. */
export interface Born {
  cell: number;
  name: string;
  arm: Arm;
  kind: "seed" | "mutation" | "crossover" | "walk";
  parents: number[];
  changes: string[];
  outcome: string | null;
  memorization: number | null;
  parameters: number | null;
  seconds: number | null;
}

export interface BestCell extends Born {
  score: number;
  accuracies: Record<string, number>;
}

export interface ArmFacts {
  candidates: number;
  passed_memorization: number;
  ran_all_tasks: number;
  best: { cell: number; score: number } | null;
  mean_of_best_ten: number | null;
}

export interface FreshFacts {
  cell: number;
  name: string;
  arm: Arm | "seed";
  chosen_by: number | null;
  mean: number | null;
  interval: number | null;
  times: number;
}

export interface SearchFacts extends SearchRow {
  folder: string;
  error: string | null;
  candidates: number;
  seconds: number;
  per_hour: number;
  passed_memorization: number;
  evolution: ArmFacts;
  control: ArmFacts;
  bars: Record<string, number>;
  fresh: FreshFacts[];
  verdict: string;
  stages: Record<string, { runs: number; seconds: number; each: number }>;
  turns: number;
  waiting: number;
  tasks: string[];
  mark: number;
  gate: number;
  seeds: { cell: number; name: string }[];
  outcomes: Record<Arm, Record<string, number>>;
  table: BestCell[];
  columns: string[];
  codes: Record<"arm" | "kind" | "outcome", string[]>;
  command: string[];
  versions: Record<string, string>;
  resumed: number;
  config: RunFacts["config"];
}

export interface StageFacts {
  stage: string;
  seconds: number;
  accuracy: number | null;
  all: number[];
  setting: { scale: number; rate: number; norm: number } | null;
  units: number | null;
  parameters: number | null;
  is_task: boolean;
}

export interface Ancestor extends Born {
  score: number | null;
  text: string;
}

export interface CandidateFacts extends Born {
  search: string;
  score: number | null;
  accuracies: Record<string, number>;
  why: string | null;
  command: string[];
  equations: CellFacts;
  beside: (CellFacts & { cell: number })[];
  mark: number;
  gate: number;
  bars: Record<string, number>;
  stages: StageFacts[];
  again: { turn: number; outcome: string | null; accuracies: Record<string, number> }[];
  fresh: (number | null)[];
  family: Ancestor[];
  children: { cell: number; arm: Arm; score: number | null }[];
  children_count: number;
}

/** What a seed draws of the data that was held out. */
export interface Drawn {
  step: number;
  seed: number;
  held_out: number | null;
}

export interface Translation {
  input: string;
  said: string;
  right: string | null;
  read: string[];
  pieces: string[];
  weights: number[][] | null;
}

export interface TranslationFacts extends Drawn {
  beam: number;
  sentences: string[];
  attention: boolean;
  translations: Translation[];
}

export interface Captioned {
  number: number;
  name: string;
  said: string;
  words: string[];
  right: string[];
  weights: number[][] | null;
}

export interface CaptionFacts extends Drawn {
  beam: number;
  way: string;
  pictures: Captioned[];
}

/** How a label develops: a row of probabilities for each of the labels that matter. */
export interface Course {
  right: string;
  said: string;
  sure: number;
  labels: string[];
  probabilities: number[][];
}

export interface ClipFacts extends Course {
  number: number;
  name: string;
  frames: number;
}

export interface ClipsFacts extends Drawn {
  clips: ClipFacts[];
}

interface Steps {
  name: string;
  length: number;
  words: string[] | null;
  features: number;
  values: (number | null)[][] | null;
}

export interface LabeledSteps extends Steps {
  right: string[];
  said: string[];
  sure: number[];
  hits: number;
}

export interface LabeledSequence extends Steps, Course {
  at: number[];
}

export type LabelsFacts = Drawn &
  ({ per: "step"; sequences: LabeledSteps[] } | { per: "sequence"; sequences: LabeledSequence[] });
