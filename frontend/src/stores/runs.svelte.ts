/** The runs of the folder, and the one that is being looked at. */

import { json, resource } from "../lib/api";
import type { RunFacts, RunList } from "../lib/types";
import { Resource } from "./resource.svelte";

export const runs = new Resource<RunList>(json);
export const run = new Resource<RunFacts>(json);

export const loadRuns = (again = false) => runs.load("/runs.json", again);
export const loadRun = (name: string, again = false) => run.load(resource(name, ""), again);
