/**
 * Colors of values. The diverging map goes from blue over the color of the sheet to orange: a pair
 * that people with any of the common color deficiencies tell apart, on which letters stay readable
 * (4.5:1 at both ends). The map for shares goes from the sheet to the accent. Both are steps
 * through OKLab, which are even to the eye. Curves have colors of which neighbors differ most.
 */

type Lab = readonly [number, number, number];

const LIGHT = { low: lab(0.66, 0.14, 254), zero: lab(1, 0, 0), high: lab(0.72, 0.155, 58) };
const DARK = { low: lab(0.5, 0.15, 254), zero: lab(0.234, 0.009, 248), high: lab(0.505, 0.115, 58) };
const SHARE = { light: lab(0.7, 0.1, 189), dark: lab(0.5, 0.085, 189) };

export const CURVES = {
  light: ["#0b6b66", "#c2541b", "#2f6fb7", "#a6427f", "#8a6a00", "#5d6670"],
  dark: ["#62cdc0", "#f0925a", "#7db4ee", "#e58fc0", "#e3c15c", "#a3abb3"],
} as const;

export function curve(index: number, dark: boolean): string {
  const colors = dark ? CURVES.dark : CURVES.light;
  return colors[index % colors.length]!;
}

/** 256 colors for -1 ... 1. */
export function diverging(dark: boolean): string[] {
  const { low, zero, high } = dark ? DARK : LIGHT;
  return table((share) => {
    const value = 2 * share - 1;
    return mix(zero, value < 0 ? low : high, Math.abs(value));
  });
}

/** 256 colors for 0 ... 1. */
export function sequential(dark: boolean): string[] {
  const zero = dark ? DARK.zero : LIGHT.zero;
  return table((share) => mix(zero, dark ? SHARE.dark : SHARE.light, share));
}

/** The row of a table of colors that stands for a value between low and high. */
export function shade(value: number, low: number, high: number): number {
  const share = (value - low) / (high - low);
  return share <= 0 ? 0 : share >= 1 ? 255 : Math.round(share * 255);
}

function table(color: (share: number) => Lab): string[] {
  return Array.from({ length: 256 }, (_, index) => css(color(index / 255)));
}

function lab(lightness: number, chroma: number, hue: number): Lab {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

function mix(a: Lab, b: Lab, share: number): Lab {
  return [0, 1, 2].map((i) => a[i]! + (b[i]! - a[i]!) * share) as unknown as Lab;
}

/** OKLab to sRGB (B. Ottosson, 2020). */
function css([lightness, a, b]: Lab): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const bytes = linear.map((value) => {
    const bounded = Math.min(1, Math.max(0, value));
    const curved = bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055;
    return Math.round(curved * 255);
  });
  return `rgb(${bytes.join(" ")})`;
}
