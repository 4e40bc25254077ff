//! Jobs of masked updates.
