/** Where the person is: the address alone decides what the page shows, so it can be shared. */

export interface Place {
  run?: string;
  panel: string; // "" is the training of a run, or the list of runs
  unit?: string;
  search?: string;
  cell?: string; // of the search
}

class Router {
  path = $state(location.pathname);
  query = $state(new URLSearchParams(location.search));
  place = $derived(placeOf(this.path));

  constructor() {
    addEventListener("popstate", () => this.#look());
  }

  go(address: string, replace = false): void {
    if (address === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", address);
    this.#look();
  }

  /** Change words of the query and keep the rest; null takes one away. */
  set(changes: Record<string, string | null>, replace = true): void {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(name);
      else query.set(name, value);
    }
    const words = query.toString();
    this.go(words ? `${this.path}?${words}` : this.path, replace);
  }

  get(name: string): string | null {
    return this.query.get(name);
  }

  #look(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }
}

function placeOf(path: string): Place {
  const [top, run, panel, unit] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (top === "searches" && run) return { panel: "", search: run, cell: unit ?? panel };
  if (top !== "runs" || !run) return { panel: "" };
  return { run, panel: panel ?? "", unit };
}

export const router = new Router();

/** The address of a page of a run, with the text that is being looked at. */
export function address(run: string, panel = "", query: Record<string, string | null> = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) words.set(name, value);
  const path = `/runs/${encodeURIComponent(run)}${panel ? `/${panel}` : ""}`;
  return words.size ? `${path}?${words}` : path;
}

/** The address of a search, or of one of its cells. */
export function searchAddress(search: string, cell: number | null = null): string {
  return `/searches/${encodeURIComponent(search)}${cell === null ? "" : `/cells/${cell}`}`;
}

/** An ordinary click on a link of ours changes the page without loading it anew. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  if (!link || event.defaultPrevented || event.button !== 0 || link.target || link.download) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname.endsWith(".json")) return;
  event.preventDefault();
  router.go(url.pathname + url.search);
  scrollTo(0, 0);
}
