// The compute market: a program for it, and what docs/ai-compute.md ("Encodings") says.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AbiCoder, ZeroAddress, ZeroHash, concat, keccak256 } from "ethers";
import { temporaryFolder } from "./processes.mjs";

export const COMPUTE_MARKET = "0x0500000000000000000000000000000000000006";
export const FAULT = 0;
export const INFER = 0;
export const TaskStatus = { Open: 1n, Claimed: 2n, Submitted: 3n, Final: 4n, Disproved: 5n, Refunded: 6n };

const abi = AbiCoder.defaultAbiCoder();
const TEXT_BASE = 0x0800_0000n;
/** li a7, 0; ecall: ends at once with its input as its output. */
const ECHO = [0x0000_0893, 0x0000_0073];

/** Path of an executable for the machine that gives its input back. */
export function echoProgram() {
  const [header, segment] = [64, 56];
  const file = Buffer.alloc(header + segment + 4 * ECHO.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // executable
  file.writeUInt16LE(243, 18); // RISC-V
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(TEXT_BASE, 24); // entry
  file.writeBigUInt64LE(BigInt(header), 32);
  [header, segment, 1].forEach((value, index) => file.writeUInt16LE(value, 52 + 2 * index));
  file.writeUInt32LE(1, header); // loaded
  file.writeUInt32LE(5, header + 4); // readable, executable
  const doubles = [header + segment, TEXT_BASE, TEXT_BASE, 4 * ECHO.length, 4 * ECHO.length, 4096];
  doubles.forEach((value, index) => file.writeBigUInt64LE(BigInt(value), header + 8 + 8 * index));
  ECHO.forEach((word, index) => file.writeUInt32LE(word, header + segment + 4 * index));
  const path = join(temporaryFolder(), "echo.elf");
  writeFileSync(path, file);
  return path;
}

/** ethers encodes a struct only when every field is named; LP-500's test leaves these to their defaults. */
export const noAttestation = { mrEnclave: ZeroHash, mrSigner: ZeroHash, publicKey: "0x", quote: "0x", timestamp: 0 };
export const taskDefaults = { requester: ZeroAddress, attestation: noAttestation };

export const claimInput = ({ modelHash, inputDataHash }) => keccak256(concat([modelHash, inputDataHash]));

/** Evidence for a result of a run of one chunk, which is what an empty trace stands for. */
export const computeProof = (task, output = "0x") =>
  abi.encode(["uint8", "bytes32", "bytes", "bytes"], [FAULT, claimInput(task), "0x", output]);
