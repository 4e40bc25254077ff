#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod call;
mod enclaves;
mod error;
mod inbox;
mod limits;
mod methods;
mod module;
mod proxy;
mod reply;
mod sender;
mod server;
mod store;

pub use enclaves::{Announced, Enclaves};
pub use error::{SealedError, SendError};
pub use inbox::{Inbox, InboxConfig};
pub use limits::InboxLimits;
pub use methods::ENCRYPTED_CALLS;
pub use module::{forwarding_module, refuse_plain, sealed_module};
pub use proxy::Proxy;
pub use reply::Reply;
pub use sender::Sender;
pub use server::{ProxyServer, serve_proxy};
pub use store::InboxStore;
