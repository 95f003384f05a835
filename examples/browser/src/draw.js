/** Puts image `i` of a batch onto a canvas of 28×28 pixels. */
export function draw(canvas, batch, i) {
  canvas.getContext('2d').putImageData(batch.imageData(i), 0, 0)
}
