/** What a model makes of held-out data, and of sentences of one's own: a resource for each task. */

import { json } from "../lib/api";
import type { CaptionFacts, ClipsFacts, LabelsFacts, TranslationFacts } from "../lib/types";
import { Resource } from "./resource.svelte";

export const tried = new Resource<TranslationFacts>(json);
export const translations = new Resource<TranslationFacts>(json);
export const captions = new Resource<CaptionFacts>(json);
export const clips = new Resource<ClipsFacts>(json);
export const labels = new Resource<LabelsFacts>(json);
