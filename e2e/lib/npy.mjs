// NumPy's file format for one array, version 1.
import { readFileSync, writeFileSync } from "node:fs";

const MAGIC = Buffer.from("\x93NUMPY\x01\x00", "latin1");

/** `data` is a typed array of as many elements as `shape` takes; `descr` is its type in NumPy's words. */
export function writeNpy(path, descr, shape, data) {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.map((dim) => `${dim},`).join(" ")})}`;
  const length = Math.ceil((MAGIC.length + 2 + header.length + 1) / 64) * 64 - MAGIC.length - 2;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  writeFileSync(path, Buffer.concat([MAGIC, size, Buffer.from(header.padEnd(length - 1) + "\n"), bytes]));
  return path;
}

/** The elements of a file of float32. */
export function readNpy(path) {
  const bytes = readFileSync(path);
  const data = bytes.subarray(MAGIC.length + 2 + bytes.readUInt16LE(MAGIC.length));
  return Array.from({ length: data.length / 4 }, (_, index) => data.readFloatLE(4 * index));
}
