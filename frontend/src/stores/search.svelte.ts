/** The search that is being looked at, and every turn of it as columns that grow while it runs. */

import { floats, json, ofSearch } from "../lib/api";
import type { CandidateFacts, SearchFacts } from "../lib/types";
import { Resource } from "./resource.svelte";

export const search = new Resource<SearchFacts>(json);
export const candidate = new Resource<CandidateFacts>(json);

export const loadSearch = (name: string, again = false) => search.load(ofSearch(name), again);
export const loadCandidate = (name: string, cell: string, again = false) =>
  candidate.load(ofSearch(name, `cells/${encodeURIComponent(cell)}`), again);

export type Columns = Record<string, Float32Array>;

export class Turns {
  columns = $state.raw<Columns | null>(null);
  fault = $state<string | null>(null);
  #looking = false;

  constructor(readonly name: string) {}

  get length(): number {
    return this.columns?.turn?.length ?? 0;
  }

  /** Ask for turns that are new, or had no outcome when they were read. */
  async look(facts: SearchFacts): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const anew = facts.turns < this.length; // it was begun again in the same folder
    const waiting = this.columns?.outcome?.findIndex(Number.isNaN) ?? -1;
    const kept = anew ? 0 : waiting < 0 ? this.length : waiting;
    try {
      const raw = await floats(ofSearch(this.name, "turns", { after: kept - 1 }, "bin"));
      this.columns = joined(facts.columns, anew ? null : this.columns, kept, raw);
      this.fault = null;
    } catch (error) {
      this.fault = (error as Error).message;
    }
    this.#looking = false;
  }
}

/** The first `kept` numbers of each column, and behind them what has come. */
function joined(names: readonly string[], before: Columns | null, kept: number, raw: Float32Array): Columns {
  const more = raw.length / names.length;
  const columns = names.map((name, place) => {
    const whole = new Float32Array(kept + more);
    if (before) whole.set(before[name]!.subarray(0, kept));
    whole.set(raw.subarray(place * more, (place + 1) * more), kept);
    return [name, whole] as const;
  });
  return Object.fromEntries(columns);
}
