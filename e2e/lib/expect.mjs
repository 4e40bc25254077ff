// The few words of `expect` that LP-500's test cases use.
import assert from "node:assert/strict";
import { ZeroHash } from "ethers";

/** Contracts answer with bigints and with structs that are arrays and objects at once; tests are written with plain values. */
function plain(value) {
  if (typeof value === "number") return BigInt(value);
  if (typeof value?.toObject === "function") return plain(value.toObject());
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** `to.equal`, and `to.deep.equal`, which compares every field that is expected. What is not there may be null or zero. */
export function expect(actual) {
  const value = plain(actual);
  return {
    to: {
      equal: (expected) => assert.equal(value, plain(expected)),
      not: {
        be: {
          get null() {
            return assert.ok(value !== null && value !== ZeroHash);
          },
        },
      },
      be: {
        gt: (bound) => assert.ok(value > plain(bound), `${value} is not above ${bound}`),
        get true() {
          return assert.equal(value, true);
        },
        get false() {
          return assert.equal(value, false);
        },
      },
      deep: {
        equal(expected) {
          const fields = Object.keys(expected);
          assert.deepEqual(Object.fromEntries(fields.map((name) => [name, value[name]])), plain(expected));
        },
      },
    },
  };
}
