/** Which units tell selected stretches from the rest, and where else they do the same. */

import { json, resource } from "../lib/api";
import type { Matching } from "../lib/types";
import type { Span } from "../text/paint";
import { reading } from "./reading.svelte";
import { Resource } from "./resource.svelte";

export const matching = new Resource<Matching>(json);

export function findMatches(spans: readonly Span[]): void {
  if (!spans.length || !reading.query) return matching.clear();
  const words = spans.map(([start, stop]) => `${start}-${stop}`).join(",");
  void matching.load(resource(reading.run, "match", { ...reading.query, spans: words }));
}
