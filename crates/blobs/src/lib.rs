#![doc = include_str!("../README.md")]

mod error;
pub use error::{BlobError, Part};

mod head;
pub use head::BlobHead;

mod index;
pub use index::{BlobIndex, IndexBuilder};

mod folder;

mod space;

mod store;
pub use store::BlobStore;

mod s3;
pub use s3::S3Config;

mod tls;

mod location;

mod client;
pub use client::{Client, ClientConfig};

mod server;
pub use server::{ServerConfig, ServerHandle, serve};

/// The largest blob: 16 GiB, whose index has 128 MiB.
pub const MAX_BLOB_BYTES: u64 = 16 << 30;
