/** The cell of the run that is being looked at. */

import { json, resource } from "../lib/api";
import type { CellFacts } from "../lib/types";
import { Resource } from "./resource.svelte";

export const cell = new Resource<CellFacts>(json);

export const loadCell = (name: string) => cell.load(resource(name, "cell"));
