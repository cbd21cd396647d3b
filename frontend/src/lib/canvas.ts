/** Give a canvas the pixels of the screen for a size on the page; how many to each of its own. */
export function fitted(canvas: HTMLCanvasElement, width: number, height: number): number {
  const ratio = devicePixelRatio;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  // even the same size set anew would empty it
  if (canvas.width !== across || canvas.height !== down)
    [canvas.width, canvas.height] = [across, down];
  return ratio;
}
