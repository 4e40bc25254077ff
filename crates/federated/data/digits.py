"""Writes scikit-learn's handwritten digits, shuffled, as two arrays: 1,797 images of 64 pixels from 0 to 16, and their labels.

    pip install scikit-learn
    python digits.py
"""

import pathlib

import numpy as np
from sklearn.datasets import load_digits

FOLDER = pathlib.Path(__file__).parent

digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
np.save(FOLDER / "digits.npy", digits.data[order].astype(np.uint8))
np.save(FOLDER / "labels.npy", digits.target[order].astype(np.uint8))
