/** What probes found out: one resource for each panel that asks a single question. */

import { json, post, resource } from "../lib/api";
import type {
  AblationFacts, AnnotationFacts, Finding, FlowFacts, GateTrack, PathFacts, SpectrumFacts, UnitFacts, Written,
} from "../lib/types";
import { reading } from "./reading.svelte";
import { Resource } from "./resource.svelte";

export const findings = new Resource<{ pattern: string; findings: Finding[] }>(json);
export const unitFacts = new Resource<UnitFacts>(json);
export const annotations = new Resource<{ annotations: AnnotationFacts[] }>(json);
export const ablation = new Resource<AblationFacts>(json);
export const gates = new Resource<{ cell: string; characters: number; gates: GateTrack[] }>(json);
export const path = new Resource<PathFacts>(json);

/** Two cells side by side are two resources. */
export const flow = () => new Resource<FlowFacts>(json);
export const spectrum = () => new Resource<SpectrumFacts>(json);

type Query = Record<string, string | number | null>;
export const about = (panel: string, query: Query = {}) =>
  resource(reading.run, panel, { ...reading.query, ...query });

export const writeAgain = (unit: string, wishes: object) =>
  post<Written>(resource(reading.run, `units/${unit}/write`), wishes);
