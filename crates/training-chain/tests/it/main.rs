//! Workers, coordinators and watchers on the contracts of a development chain.
#![allow(clippy::unwrap_used)]

mod accusations;
mod plain;
mod secure;
mod terms;
mod timeline;
mod world;
