/** What a run could say as it learned. */

import { json, resource } from "../lib/api";
import type { Sample } from "../lib/types";
import { Resource } from "./resource.svelte";

export const samples = new Resource<{ count: number; samples: Sample[] }>(json);

export const loadSamples = (name: string, again = false) =>
  samples.load(resource(name, "samples"), again);
