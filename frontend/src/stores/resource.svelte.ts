/** One thing that the server has: its value, whether it is on its way, and why it did not come. */

import { untrack } from "svelte";

export class Resource<T> {
  value = $state.raw<T | null>(null);
  fault = $state<string | null>(null);
  loading = $state(false);
  address = $state("");
  #asked: AbortController | null = null;

  constructor(private readonly ask: (address: string, signal: AbortSignal) => Promise<T>) {}

  /**
   * Ask for it unless it is there; a newer wish ends an older one. An effect that asks does not
   * depend on how it ends: a question that is refused is not asked again and again.
   */
  load(address: string, again = false): Promise<void> {
    return untrack(() => this.#load(address, again));
  }

  async #load(address: string, again: boolean): Promise<void> {
    if (address === this.address && !again && (this.loading || this.value !== null)) return;
    if (address !== this.address) this.value = this.fault = null;
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    this.address = address;
    this.loading = true;
    try {
      const value = await this.ask(address, asked.signal);
      if (this.#asked !== asked) return;
      this.value = value;
      this.fault = null;
    } catch (error) {
      if (this.#asked !== asked) return;
      this.fault = (error as Error).message;
    }
    this.loading = false;
  }

  /** Take away what is there. */
  clear(): void {
    this.#asked?.abort();
    this.#asked = null;
    this.value = this.fault = null;
    this.loading = false;
    this.address = "";
  }
}
