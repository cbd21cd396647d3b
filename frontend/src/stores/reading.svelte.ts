/** The text that is being looked at, as the model read it, and the values of its units. */

import { diverging, sequential } from "../lib/color";
import { floats, json, post, resource } from "../lib/api";
import { theme } from "../lib/theme.svelte";
import type { ReadingFacts, TrackFacts } from "../lib/types";
import { rgb, type Scale } from "../text/paint";
import { Resource } from "./resource.svelte";

export const OWN = "held-out";
const KEPT = 96; // units whose values stay here: 40 MB at 100,000 characters

class Reading extends Resource<ReadingFacts> {
  run = $state("");
  characters = $derived(Array.from(this.value?.content ?? ""));
  #columns = new Map<string, Float32Array>();
  #coming = new Map<string, Promise<Float32Array>>();

  open(run: string, text: string | null): void {
    const address = resource(run, "text", { text });
    if (address !== this.address) {
      this.#columns.clear();
      this.#coming.clear();
    }
    this.run = run;
    void this.load(address);
  }

  /** What goes into every question about this reading. */
  get query(): { text: string; step: number } | null {
    return this.value && { text: this.value.text, step: this.value.step };
  }

  track(unit: string): TrackFacts | undefined {
    const address = unit.slice(0, unit.lastIndexOf("."));
    return this.value?.tracks.find((track) => track.address === address);
  }

  /** The unit so many places further in the same track, around its ends. */
  next(unit: string, by: number): string {
    const track = this.track(unit);
    if (!track) return unit;
    const index = Number(unit.slice(unit.lastIndexOf(".") + 1)) + by;
    return `${track.address}.${(index + track.units) % track.units}`;
  }

  /** The values that are here already. */
  here(unit: string): Float32Array | undefined {
    return this.#columns.get(unit);
  }

  async values(unit: string): Promise<Float32Array> {
    const known = this.#columns.get(unit) ?? this.#coming.get(unit);
    if (known) return known;
    const coming = floats(resource(this.run, "values", { ...this.query, units: unit }, "bin"));
    this.#coming.set(unit, coming);
    try {
      const values = await coming;
      if (this.#coming.get(unit) !== coming) return values; // of a text that was left
      this.#columns.set(unit, values);
      const oldest = this.#columns.keys().next().value;
      if (this.#columns.size > KEPT && oldest !== undefined) this.#columns.delete(oldest);
      return values;
    } finally {
      if (this.#coming.get(unit) === coming) this.#coming.delete(unit);
    }
  }

  /** The neighbors of a unit, so that the next key shows them at once. */
  fetchAround(unit: string): void {
    for (const by of [1, -1, 2, -2]) void this.values(this.next(unit, by)).catch(() => {});
  }
}

export const reading = new Reading(json);

export const paste = (run: string, text: string) =>
  post<{ text: string }>(resource(run, "texts"), text);

/**
 * Where the colors of a unit begin and end: 0 to 1 for a gate, evenly around 0 for the others.
 * Values beyond have the color of the end.
 */
export function scaleOf(values: Float32Array | null, track: TrackFacts | undefined): Scale {
  const colors = track?.kind === "gate" ? sequential(theme.dark) : diverging(theme.dark);
  const table = rgb(colors);
  if (track?.kind === "gate") return { low: 0, high: 1, table };
  const bound = usual(values ?? new Float32Array()) || 1;
  return { low: -bound, high: bound, table };
}

/** The size that 98 of 100 values stay below, from a few thousand of them: a rare peak pales none. */
function usual(values: Float32Array): number {
  const every = Math.max(1, Math.floor(values.length / 4000));
  const sizes = values.filter((_, index) => index % every === 0).map(Math.abs).sort();
  return sizes[Math.floor(0.98 * (sizes.length - 1))] ?? 0;
}

/** The unit to begin with: of the last state, which is the cell's own memory where there are two. */
export function firstUnit(facts: ReadingFacts): string {
  const states = facts.tracks.filter((track) => track.kind === "state");
  return `${(states.findLast((track) => track.layer === 0) ?? facts.tracks[0]!).address}.0`;
}
