"""Processor time of Flower's SecAgg+ functions for one round, of a worker and of the server, in seconds.

python flower.py workers entries dropouts-in-percent degree threshold    (needs `pip install flwr`)

Each function that Flower's client and server call is timed alone and multiplied by how often they call it, without the network, the serialisation
and the training around them. The dropouts share their keys and send no vector.
"""

import json
import os
import sys
import time

import numpy as np
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import decrypt, encrypt, generate_shared_key
from flwr.common.secure_aggregation.ndarrays_arithmetic import parameters_addition
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen, share_keys_plaintext_concat
from flwr.supercore.primitives.asymmetric import (
    bytes_to_private_key,
    bytes_to_public_key,
    generate_key_pairs,
    private_key_to_bytes,
    public_key_to_bytes,
)

WORKERS, ENTRIES, DROPOUTS, DEGREE, THRESHOLD = map(int, sys.argv[1:])
MODULUS = 1 << 32


def cost(function, times):
    """Seconds of CPU for one call, in all of the process's threads."""
    function()
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) / times


def main():
    secret_key, public_key = generate_key_pairs()
    secret_bytes, public_bytes = private_key_to_bytes(secret_key), public_key_to_bytes(public_key)
    shared = generate_shared_key(secret_key, public_key)
    seed = os.urandom(32)
    seed_shares = create_shares(seed, THRESHOLD, DEGREE + 1)
    key_shares = create_shares(secret_bytes, THRESHOLD, DEGREE + 1)
    plain = share_keys_plaintext_concat(1, 2, seed_shares[0], key_shares[0])
    sealed = encrypt(shared, plain)
    vector = [np.zeros(ENTRIES, dtype=np.int64)]

    survivors = WORKERS - WORKERS * DROPOUTS // 100
    staying = round(DEGREE * survivors / WORKERS)

    agree = cost(lambda: generate_shared_key(bytes_to_private_key(secret_bytes), bytes_to_public_key(public_bytes)), 50)
    mask = cost(lambda: parameters_addition(vector, pseudo_rand_gen(seed, MODULUS, [(ENTRIES,)])), 50)
    add = cost(lambda: parameters_addition(vector, vector), 50)
    share_seed = cost(lambda: create_shares(seed, THRESHOLD, DEGREE + 1), 1)
    share_key = cost(lambda: create_shares(secret_bytes, THRESHOLD, DEGREE + 1), 1)
    combine_seed = cost(lambda: combine_shares(seed_shares[: staying + 1]), 1)
    combine_key = cost(lambda: combine_shares(key_shares[: staying + 1]), 1)
    seal = cost(lambda: encrypt(shared, plain), 50)
    unseal = cost(lambda: decrypt(shared, sealed), 50)

    worker = share_seed + share_key + DEGREE * (2 * agree + seal + unseal) + (DEGREE + 1) * mask
    dropped = WORKERS - survivors
    recover = survivors * combine_seed + dropped * combine_key
    masks = survivors * mask + dropped * staying * (agree + mask)
    print(json.dumps({"worker": worker, "server": recover + masks + survivors * add}))


if __name__ == "__main__":
    main()
