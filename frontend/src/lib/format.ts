/** Numbers, times and characters as people read them. */

const whole = new Intl.NumberFormat("en-US");

export function count(value: number | null | undefined): string {
  return value == null ? "–" : whole.format(value);
}

/** So many digits behind the point; a real minus sign. */
export function figure(value: number | null | undefined, digits = 3): string {
  return value == null || Number.isNaN(value) ? "–" : value.toFixed(digits).replace("-", "−");
}

/** Three figures, whatever the size: 0.00123, 1.23, 1,230. */
export function short(value: number | null | undefined): string {
  if (value == null || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace("-", "−");
  return Number(value.toPrecision(3)).toLocaleString("en-US").replace("-", "−");
}

export function percent(share: number | null | undefined, digits = 0): string {
  return share == null ? "–" : `${(100 * share).toFixed(digits)} %`;
}

export function bits(nats: number | null | undefined): string {
  return nats == null ? "–" : figure(nats / Math.LN2);
}

export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return "–";
  const total = Math.round(seconds);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function moment(iso: string | null | undefined): string {
  if (!iso) return "–";
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "–";
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const SEEN: Record<string, string> = { "\n": "↵", "\t": "⇥", " ": "␣", "\r": "␍", "\u00a0": "⍽" };

/** A character so that it can be seen: a space as ␣, the end of a line as ↵. */
export function visible(character: string): string {
  return SEEN[character] ?? character;
}

export function visibleText(text: string): string {
  return text.replaceAll("\n", "↵").replaceAll("\t", "⇥");
}

/** Rows of LaTeX as one block, aligned at their signs. */
export function aligned(rows: readonly string[]): string {
  return `\\begin{aligned}\n${rows.join(" \\\\\n")}\n\\end{aligned}`;
}
