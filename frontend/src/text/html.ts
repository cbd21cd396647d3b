/** A colored text as one file that needs nothing else. */

import { shade } from "../lib/color";
import { escape } from "../lib/curves";

export function toHtml(
  characters: readonly string[],
  values: Float32Array,
  scale: { low: number; high: number },
  colors: readonly string[],
  title: string,
  dark: boolean,
): string {
  const parts: string[] = [];
  let [shown, run] = [-1, ""];
  const close = () => {
    if (run) parts.push(`<span class="v${shown}">${escape(run)}</span>`);
    run = "";
  };
  characters.forEach((character, index) => {
    const value = shade(values[index] ?? 0, scale.low, scale.high);
    if (value !== shown) close();
    shown = value;
    run += character === "\n" ? "↵\n" : character;
  });
  close();
  const styles = colors.map((color, index) => `.v${index}{background:${color}}`).join("");
  const [ground, ink] = dark ? ["#1b1f23", "#e8e6e1"] : ["#fff", "#1d2126"];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<style>body{background:${ground};color:${ink};font:14px sans-serif;margin:24px}
pre{font:13px/1.55 monospace;white-space:pre-wrap;overflow-wrap:anywhere}${styles}</style>
<h1>${escape(title)}</h1>
<p>From ${scale.low.toPrecision(3)} to ${scale.high.toPrecision(3)}. This file contains the whole text
that was read: do not pass it on if the text may not be passed on.</p>
<pre>${parts.join("")}</pre></html>`;
}
