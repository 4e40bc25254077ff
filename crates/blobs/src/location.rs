//! Where a stranger says that a blob is: which URLs may be asked, and which addresses.

use crate::BlobError;
use alloy_primitives::B256;
use hyper_util::client::legacy::connect::dns::Name;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::Service;
use url::{Host, Url};

/// Longest location that is looked at; the market takes 256 bytes.
const MAX_LOCATION_BYTES: usize = 2_048;

/// `{location}/blobs/{commitment}`.
pub(crate) fn blob_url(location: &str, commitment: B256, allow_private: bool) -> Result<Url, BlobError> {
    let refuse = |reason| {
        let location = location.chars().take(MAX_LOCATION_BYTES).collect();
        BlobError::Location { location, reason }
    };
    if location.len() > MAX_LOCATION_BYTES {
        return Err(refuse("it is too long"));
    }
    let mut url = Url::parse(location).map_err(|_| refuse("it is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("only http and https are fetched from"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it carries a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it has a query or fragment: give the base URL"));
    }
    // A name is checked when it is resolved, for each connection anew.
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    if !allow_private && address.is_some_and(|address| !is_public(address)) {
        return Err(refuse("its address is not public"));
    }
    let mut path = url.path_segments_mut().map_err(|()| refuse("it has no path"))?;
    path.pop_if_empty().push("blobs").push(&commitment.to_string());
    drop(path);
    Ok(url)
}

/// Whether an address belongs to the public internet, by the special-purpose registries of IANA (RFC 6890).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Global unicast is 2000::/3; what is carved out of it tunnels to IPv4 or is for documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let tunnel_or_document = matches!((a, b), (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff));
    a & 0xe000 == 0x2000 && !tunnel_or_document
}

/// Resolves names, and keeps those addresses only that may be connected to.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    pub allow_private: bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|found| allow_private || is_public(found.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the name has no public address"));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        let private = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 \
            192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 \
            ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::7f00:1 64:ff9b::a00:1 fc00::1 fd00:ec2::254 fe80::1 ff02::1 2001::1 \
            2001:db8::1 2002:7f00:1:: 3fff::1 100::1";
        for address in private.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in
            "1.1.1.1 100.63.0.1 100.128.0.1 172.32.0.1 192.0.1.1 198.20.0.1 2606:4700::1111 ::ffff:8.8.8.8".split(' ')
        {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn locations_that_are_refused() {
        let refused = "file:///etc/passwd ftp://a.example gopher://a.example data:,x a.example https:// http://u@a.example \
            http://u:p@a.example http://a.example?x=1 http://a.example#x http://127.0.0.1 http://2130706433 http://0x7f.1 \
            http://0177.0.0.1 http://[::1]:80 http://[::ffff:7f00:1] http://169.254.169.254/latest";
        for location in refused.split_whitespace() {
            let refused = blob_url(location, B256::ZERO, false);
            assert!(matches!(refused, Err(BlobError::Location { .. })), "{location}: {refused:?}");
        }
        let long = format!("https://a.example/{}", "a".repeat(MAX_LOCATION_BYTES));
        assert!(matches!(blob_url(&long, B256::ZERO, false), Err(BlobError::Location { .. })));
    }

    #[test]
    fn a_blob_is_below_its_location() {
        let commitment = B256::repeat_byte(0xab);
        for location in ["https://a.example/x", "https://a.example/x/"] {
            let url = blob_url(location, commitment, false).unwrap();
            assert_eq!(url.as_str(), format!("https://a.example/x/blobs/{commitment}"));
        }
        assert!(blob_url("http://127.0.0.1:80", commitment, true).is_ok());
    }
}
