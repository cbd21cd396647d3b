/** A family as rows with lanes, as version histories are drawn: youngest first, parents below. */

export interface Member {
  cell: number;
  parents: number[];
}

export interface Row {
  lane: number;
  /** Lanes that come in from above and go on, and those that end in this row's node. */
  passing: number[];
  ending: number[];
  /** Lanes that its parents wait in. */
  leaving: number[];
  /** Lanes in use below. */
  below: number[];
}

/** `family` has every child before its parents. */
export function lanes(family: readonly Member[]): Row[] {
  const waiting: (number | null)[] = []; // the cell that each lane leads to
  return family.map(({ cell, parents }) => {
    const ending = places(waiting, cell);
    const lane = ending[0] ?? free(waiting);
    for (const place of ending) waiting[place] = null;
    const passing = waiting.flatMap((one, place) => (one === null ? [] : [place]));
    const leaving = parents.map((parent, index) => {
      const known = waiting.indexOf(parent);
      if (known >= 0) return known;
      const place = index === 0 || waiting[lane] === null ? lane : free(waiting);
      waiting[place] = parent;
      return place;
    });
    if (waiting[lane] === undefined) waiting[lane] = null;
    const below = waiting.flatMap((one, place) => (one === null ? [] : [place]));
    return { lane, passing, ending, leaving: [...new Set(leaving)], below };
  });
}

const places = (waiting: (number | null)[], cell: number): number[] =>
  waiting.flatMap((one, place) => (one === cell ? [place] : []));

function free(waiting: (number | null)[]): number {
  const place = waiting.indexOf(null);
  if (place >= 0) return place;
  waiting.push(null);
  return waiting.length - 1;
}
