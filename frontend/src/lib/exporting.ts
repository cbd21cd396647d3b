/** Files for other places: PNG, SVG, HTML, written by the browser itself. */

export function save(name: string, content: Blob | string, kind = "text/plain"): void {
  const blob = typeof content === "string" ? new Blob([content], { type: kind }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function saveSvg(name: string, svg: string): void {
  save(`${name}.svg`, svg, "image/svg+xml");
}

export async function savePng(name: string, svg: string, scale = 2): Promise<void> {
  const picture = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  picture.src = address;
  await picture.decode();
  const [, , width = 0, height = 0] = /viewBox="([^"]+)"/.exec(svg)?.[1]?.split(" ").map(Number) ?? [];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * scale, height * scale];
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  saveCanvas(name, canvas);
}

export function saveCanvas(name: string, canvas: HTMLCanvasElement): void {
  canvas.toBlob((blob) => {
    if (blob) save(`${name}.png`, blob);
  });
}

const COPIED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-family", "opacity", "text-anchor"];

/** A drawing of this page as it looks now, on the color of the sheet, without the style sheet. */
export function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [old, fresh] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  old.forEach((element, index) => {
    const style = getComputedStyle(element);
    for (const name of COPIED) fresh[index]!.setAttribute(name, style.getPropertyValue(name));
    fresh[index]!.removeAttribute("class");
  });
  const box = svg.viewBox.baseVal;
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const places = { x: box.x, y: box.y, width: box.width, height: box.height };
  for (const [name, value] of Object.entries(places)) ground.setAttribute(name, String(value));
  ground.setAttribute("fill", getComputedStyle(document.documentElement).getPropertyValue("--sheet"));
  copy.prepend(ground);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}
