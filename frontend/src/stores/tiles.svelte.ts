/** Values of many units in tiles, of which those in view are fetched and the latest are kept. */

import { floats, resource } from "../lib/api";
import type { TrackFacts } from "../lib/types";
import { TILE } from "../text/matrix";
import { reading } from "./reading.svelte";

const KEPT = 320; // 40 MB
const AT_ONCE = 4; // questions; a browser asks six

type Place = readonly [row: number, column: number];

class Tiles {
  /** How many have come: whoever paints them looks at it. */
  arrived = $state(0);
  #tiles = new Map<string, Float32Array>();
  #coming = new Map<string, AbortController>();
  #wanted: string[] = []; // addresses

  /** A tile of a track, unit after unit, if it is here. */
  get(track: TrackFacts, [row, column]: Place): Float32Array | undefined {
    const address = this.#address(track, row, column);
    const found = this.#tiles.get(address);
    if (found) {
      this.#tiles.delete(address); // the latest are behind
      this.#tiles.set(address, found);
    }
    return found;
  }

  /** What is looked at now; what nobody looks at any more is not waited for. */
  want(track: TrackFacts, places: readonly Place[]): void {
    const wanted = places.map(([row, column]) => this.#address(track, row, column));
    for (const [address, asked] of this.#coming) if (!wanted.includes(address)) asked.abort();
    this.#wanted = wanted.filter((address) => !this.#tiles.has(address));
    this.#ask();
  }

  #ask(): void {
    for (const address of this.#wanted) {
      if (this.#coming.size >= AT_ONCE) return;
      if (!this.#coming.has(address)) void this.#fetch(address);
    }
  }

  async #fetch(address: string): Promise<void> {
    const asked = new AbortController();
    this.#coming.set(address, asked);
    try {
      this.#tiles.set(address, await floats(address, asked.signal));
      const oldest = this.#tiles.keys().next().value;
      if (this.#tiles.size > KEPT && oldest !== undefined) this.#tiles.delete(oldest);
      this.arrived++;
    } catch {
      // what did not come stays blank, and is asked for again when it is looked at again
    }
    this.#coming.delete(address);
    this.#wanted = this.#wanted.filter((one) => one !== address);
    this.#ask();
  }

  #address(track: TrackFacts, row: number, column: number): string {
    const first = row * TILE.units;
    const count = Math.min(TILE.units, track.units - first);
    const units = Array.from({ length: count }, (_, k) => `${track.address}.${first + k}`).join(",");
    const [from, length] = [column * TILE.length, reading.characters.length];
    const to = Math.min(from + TILE.length, length);
    return resource(reading.run, "values", { ...reading.query, units, from, to }, "bin");
  }
}

export const tiles = new Tiles();
