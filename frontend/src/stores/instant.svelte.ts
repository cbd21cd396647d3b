/** What stood in a unit at one character, and what the model expected next. */

import { json, resource } from "../lib/api";
import type { Instant } from "../lib/types";
import { reading } from "./reading.svelte";
import { Resource } from "./resource.svelte";

class AtOne extends Resource<Instant> {
  #timer = 0;

  /** Ask when the pointer has come to rest for a moment. */
  look(unit: string, at: number): void {
    clearTimeout(this.#timer);
    const address = resource(reading.run, "instant", { ...reading.query, unit, at });
    this.#timer = setTimeout(() => void this.load(address), 40);
  }
}

export const instant = new AtOne(json);
