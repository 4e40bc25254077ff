// Images of handwritten digits, for the networks that come with the project.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeNpy } from "./npy.mjs";

export const MODELS = fileURLToPath(new URL("../../crates/inference/models/", import.meta.url));
const PIXELS = 64;

/** Files of real numbers: what a quantiser learns from, and so many images. */
export function digits(folder, images, samples = 128) {
  const pixels = Float32Array.from(readFileSync(join(MODELS, "digits.u8")), (pixel) => pixel / 16);
  const write = (name, count) =>
    writeNpy(join(folder, name), "<f4", [count, PIXELS], pixels.subarray(0, count * PIXELS));
  return { calibration: write("calibration.npy", samples), images: write("images.npy", images) };
}
