/** What pages a run has, and in what its loss is counted: both follow from its task. */

type Tab = readonly [panel: string, title: string];

const BEGIN: Tab[] = [["", "Training"]];
const END: Tab[] = [
  ["samples", "Samples"],
  ["cell", "Cell"],
];

const OWN: Record<string, { per: string; tabs: Tab[] }> = {
  translation: { per: "piece", tabs: [...BEGIN, ["translations", "Try it"], ...END] },
  captions: { per: "word", tabs: [...BEGIN, ["captions", "Captions"], ...END] },
  clips: { per: "clip", tabs: [...BEGIN, ["clips", "Clips"], ...END] },
  labels: { per: "label", tabs: [...BEGIN, ["labels", "Labels"], ...END] },
};
const TEXT = {
  per: "character",
  tabs: [
    ...BEGIN,
    ...END,
    ["text", "Text"],
    ["finder", "Cell finder"],
    ["gates", "Gates"],
    ["gradients", "Gradients"],
    ["trajectory", "Trajectory"],
  ] as Tab[],
};

const of = (task: string | null) => OWN[task ?? ""] ?? TEXT;

export const tabsOf = (task: string | null): readonly Tab[] => of(task).tabs;

/** What a prediction is, in the singular: the loss is in nats per one of these. */
export const per = (task: string | null): string => of(task).per;

/** Whether a run reads texts character by character, which is what most panels look into. */
export const readsText = (task: string | null): boolean => of(task) === TEXT;

/** Whether this page is for runs of this task; the page of a unit belongs to the finder. */
export const has = (task: string | null, panel: string): boolean =>
  of(task).tabs.some(([tab]) => tab === (panel === "units" ? "finder" : panel));
