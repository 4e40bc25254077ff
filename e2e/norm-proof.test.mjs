// A second verifier of norm proofs, after docs/norm-proofs.md and nothing else. Its elements come with ethers.
import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { ed25519, RistrettoPoint } from "@noble/curves/ed25519";
import { concat, getBytes, keccak256, toUtf8Bytes } from "ethers";

const ORDER = ed25519.CURVE.n;
const [ROWS, SQUARES, LIMBS] = [128, 9, 32];
const mod = (number) => ((number % ORDER) + ORDER) % ORDER;
const sum = (numbers) => numbers.reduce((left, right) => mod(left + right), 0n);
const range = (length) => Array.from({ length }, (_, index) => index);
const little = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
const times = (point, scalar) => (mod(scalar) === 0n ? RistrettoPoint.ZERO : point.multiply(mod(scalar)));
const add = (points) => points.reduce((left, right) => left.add(right), RistrettoPoint.ZERO);

const integer = (number, size) => getBytes("0x" + BigInt(number).toString(16).padStart(2 * size, "0"));
const tagged = (tag, ...parts) => keccak256(concat([keccak256(toUtf8Bytes("lux-norm-proof/1 " + tag)), ...parts]));
const wide = (hash) => getBytes(concat([hash([0]), hash([1])]));
const element = (tag, ...parts) =>
  RistrettoPoint.hashToCurve(wide((half) => tagged(tag, ...parts, new Uint8Array(half))));
const keystream = (key, length) =>
  createCipheriv("chacha20", getBytes(key), new Uint8Array(16)).update(new Uint8Array(length));

function transcript(state) {
  const challenge = (tag) => {
    state = keccak256(concat([state, keccak256(toUtf8Bytes(tag))]));
    return wide((half) => keccak256(concat([state, new Uint8Array(half)])));
  };
  return {
    absorb: (tag, data) => (state = keccak256(concat([state, keccak256(toUtf8Bytes(tag)), data]))),
    bytes: challenge,
    scalar: (tag) => mod(little(challenge(tag))),
  };
}

function decode(proof, padded) {
  let rest = getBytes(proof);
  const take = (size) => {
    const head = rest.slice(0, size);
    rest = rest.slice(size);
    return head;
  };
  const elements = (count) => range(count).map(() => take(32));
  const scalars = (count) => elements(count).map(little);
  assert.equal(take(1)[0], 1);
  const fields = { commitments: elements(2), projections: range(ROWS).map(() => take(16)), masks: elements(4) };
  fields.answers = take(32 * (4 + SQUARES + ROWS));
  fields.folds = range(Math.log2(padded)).map(() => elements(2));
  fields.last = scalars(1)[0];
  assert.equal(rest.length, 0);
  return fields;
}

function verify({ round, worker, vector, length, bound, proof }) {
  const padded = 2 ** Math.ceil(Math.log2(length));
  const { commitments, projections, masks, answers, folds, last } = decode(proof, padded);
  const said = transcript(
    tagged("transcript", round, integer(worker, 2), vector, integer(length, 4), integer(bound, 4)),
  );

  said.absorb("commitments", concat(commitments));
  const bits = keystream(said.bytes("projection").slice(0, 32), 16 * (padded + SQUARES));
  said.absorb("projections", concat(projections));
  const rho = said.scalar("rows");
  const powers = range(ROWS).reduce((powers) => [...powers, mod((powers.at(-1) ?? 1n) * rho)], []);
  const a = range(padded + SQUARES).map((column) =>
    sum(powers.filter((_, row) => (bits[16 * column + (row >> 3)] >> (row & 7)) & 1)),
  );
  said.absorb("masks", concat(masks));
  const e = said.scalar("point");
  said.absorb("answers", answers);
  const f = said.scalar("value");
  const gammas = folds.map((fold) => (said.absorb("fold", concat(fold)), said.scalar("fold")));

  const v = projections.map(little);
  if (v.some((projection) => projection >> 114n)) return false;
  const [A, D, S, S1, T1, T2] = [...commitments, ...masks].map((bytes) => RistrettoPoint.fromHex(bytes));
  const [mu, mu1, tau, t, ...tail] = range(4 + SQUARES + ROWS).map((place) =>
    little(answers.slice(32 * place, 32 * place + 32)),
  );
  const [F, H] = [element("value"), element("blinding")];

  const c = sum([BigInt(bound) ** 2n, ...v.map((projection, row) => projection * powers[row])]);
  const form = tail.map((entry, place) =>
    place < SQUARES ? entry * (entry + a[padded + place]) : entry * powers[place - SQUARES],
  );
  const left = times(F, t + sum(form)).add(times(H, tau));
  const value = left.equals(add([times(F, c), times(T1, e), times(T2, e * e)]));

  const K = range(tail.length).map((place) => element("tail", integer(place, 4)));
  const opened = add([...tail.map((entry, place) => times(K[place], entry)), times(H, mu1)]);
  const tailOpens = D.add(times(S1, e)).equals(opened);

  const top = folds.length - 1;
  const g = range(padded).map((place) =>
    gammas.reduce((product, gamma, fold) => ((place >> (top - fold)) & 1 ? mod(product * gamma) : product), 1n),
  );
  const claimed = [A, times(S, e), times(H, -mu), times(F, t * f)];
  for (const [fold, [mixed, upper]] of folds.entries()) {
    claimed.push(times(RistrettoPoint.fromHex(mixed), gammas[fold]));
    claimed.push(times(RistrettoPoint.fromHex(upper), gammas[fold] ** 2n - 1n));
  }
  const folded = g.map((factor, place) => times(element("vector", integer(place, 4)), factor * last));
  const lastValue = last * last + last * sum(g.map((factor, place) => factor * a[place]));
  return value && tailOpens && add(claimed).equals(add([...folded, times(F, lastValue * f)]));
}

function opens({ length, proof, vector: entries }) {
  const A = RistrettoPoint.fromHex(getBytes(proof).slice(1, 33));
  const limb = (index) => mod(little(wide((half) => tagged("limb", integer(index, 4), new Uint8Array(half)))));
  const alpha = sum(range(LIMBS).map((index) => limb(index) * BigInt(entries[length + index])));
  const coordinates = entries.slice(0, length).map((word, place) => {
    return times(element("vector", integer(place, 4)), BigInt(word | 0));
  });
  return A.equals(add([...coordinates, times(element("blinding"), alpha)]));
}

const { claim, entries } = JSON.parse(
  readFileSync(new URL("../crates/norm-proof/tests/fixtures/proof.json", import.meta.url)),
);

it("accepts the proof of the implementation in Rust", () => {
  assert.equal(verify(claim), true);
  assert.equal(opens({ ...claim, vector: entries }), true);
});

it("refuses it for another worker, round, vector and bound", () => {
  const others = [{ worker: 9 }, { round: claim.vector }, { vector: claim.round }, { bound: claim.bound + 1 }];
  for (const other of others) {
    assert.equal(verify({ ...claim, ...other }), false);
  }
});

it("refuses another sum", () => {
  const other = entries.with(1, entries[1] + 1);
  assert.equal(opens({ ...claim, vector: other }), false);
});
