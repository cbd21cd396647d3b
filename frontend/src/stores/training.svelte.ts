/** The curves of a training: read once, and while it runs read on from where the file ended. */

import { json, resource } from "../lib/api";
import type { Column, Metrics, Status } from "../lib/types";

export const COLUMNS = ["step", "loss", "norm", "lr", "val_loss", "seconds"] as const;
export type Curves = Record<(typeof COLUMNS)[number], Column>;

const PAUSE = 2000; // ms between two looks at a run that is being written

export class Training {
  curves = $state.raw<Curves>(empty());
  status = $state<Status>("unknown");
  fault = $state<string | null>(null);
  ready = $state(false);
  #cursor = "";
  #timer = 0;
  #closed = false;

  constructor(
    readonly name: string,
    private readonly moved: () => void = () => {},
  ) {
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    let more = true;
    try {
      while (more && !this.#closed) more = this.#take(await this.#ask());
      this.fault = null;
    } catch (error) {
      this.fault = (error as Error).message;
    }
    this.ready = true;
    const goesOn = this.status === "running" || this.fault !== null;
    if (goesOn && !this.#closed) this.#timer = setTimeout(() => void this.#look(), PAUSE);
  }

  #ask(): Promise<Metrics> {
    return json<Metrics>(resource(this.name, "metrics", { after: this.#cursor }));
  }

  #take(found: Metrics): boolean {
    const changed = found.step.length > 0 || found.status !== this.status || found.anew;
    const before = found.anew ? empty() : this.curves;
    if (changed)
      this.curves = Object.fromEntries(
        COLUMNS.map((name) => [name, [...before[name], ...found[name]]]),
      ) as Curves;
    this.#cursor = found.cursor;
    this.status = found.status;
    if (changed) this.moved();
    return found.more;
  }
}

function empty(): Curves {
  return Object.fromEntries(COLUMNS.map((name) => [name, [] as Column])) as Curves;
}
