"""Krum and the median as one writes them with numpy, each pair once, and Flower's Krum where it is installed. Reads a rule, answers with
seconds of the processor."""

import sys
import time

import numpy as np

try:
    from flwr.server.strategy.aggregate import aggregate_krum
except ImportError:
    aggregate_krum = None

WORKERS, LENGTH = int(sys.argv[1]), int(sys.argv[2])
FAULTS = 20


def krum(updates):
    distances = np.zeros((WORKERS, WORKERS))
    for one in range(WORKERS):
        for other in range(one):
            difference = updates[one] - updates[other]
            distances[one, other] = distances[other, one] = np.dot(difference, difference)
    nearest = np.sort(distances, axis=1)[:, 1 : WORKERS - FAULTS - 1]
    return updates[np.argmin(nearest.sum(axis=1))]


def flower(updates):
    return aggregate_krum([([update], 1) for update in updates], FAULTS, 0)


def median(updates):
    return np.median(updates, axis=0)


def main():
    updates = np.random.default_rng(1).uniform(-1, 1, size=(WORKERS, LENGTH)).astype(np.float32)
    rules = {"krum": krum, "median": median, "flower": flower}
    print("ready with Flower" if aggregate_krum else "ready", flush=True)
    for line in sys.stdin:
        start = time.process_time()
        rules[line.strip()](updates)
        print(time.process_time() - start, flush=True)


main()
