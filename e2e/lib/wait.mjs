// Waiting for what will happen, without assuming when.

const DEADLINE_MS = 60_000;
const PAUSE_MS = 50;

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Polls until `probe` gives something truthy, and returns that. */
export async function eventually(what, probe, deadlineMs = DEADLINE_MS) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`this did not happen in ${deadlineMs / 1000} s: ${what}`);
    await sleep(PAUSE_MS);
  }
}
