/** What the server can be asked, typed. Every page's address with `.json` behind it is one of these. */

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function ask(address: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { credentials: "same-origin", ...options });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new Refused(0, "The viewer does not answer: is `elman view` still running?");
  }
  if (response.ok) return response;
  const body: { error?: string } = await response.json().catch(() => ({}));
  throw new Refused(response.status, body.error ?? `The viewer answers with ${response.status}.`);
}

export async function json<T>(address: string, signal?: AbortSignal): Promise<T> {
  return (await ask(address, { signal })).json() as Promise<T>;
}

export async function floats(address: string, signal?: AbortSignal): Promise<Float32Array> {
  return new Float32Array(await (await ask(address, { signal })).arrayBuffer());
}

export async function post<T>(address: string, body: string | object): Promise<T> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (await ask(address, { method: "POST", body: text })).json() as Promise<T>;
}

type Query = Record<string, string | number | null | undefined>;

/** `/runs/NAME/PANEL.json?...`; without a panel, the run itself. */
export function resource(run: string, panel: string, query: Query = {}, kind = "json"): string {
  return withQuery(`/runs/${encodeURIComponent(run)}${panel ? `/${panel}` : ""}.${kind}`, query);
}

/** `/searches/NAME/PART.json?...`; without a part, the search itself. */
export function ofSearch(search: string, part = "", query: Query = {}, kind = "json"): string {
  return withQuery(`/searches/${encodeURIComponent(search)}${part ? `/${part}` : ""}.${kind}`, query);
}

function withQuery(path: string, query: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") words.set(name, String(value));
  return words.size ? `${path}?${words}` : path;
}
