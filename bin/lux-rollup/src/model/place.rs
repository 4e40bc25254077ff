//! A folder or a bucket, as `--store` names it.

use eyre::{WrapErr, eyre};
use lux_blobs::{BlobStore, S3Config};
use std::path::{Path, PathBuf};
use std::str::FromStr;

const SCHEME: &str = "s3://";

/// Where blobs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix(SCHEME) else { return Ok(Self::Folder(text.into())) };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(format!("{text} names no bucket: {SCHEME}BUCKET or {SCHEME}BUCKET/PREFIX"));
        }
        Ok(Self::Bucket { name: name.into(), prefix: prefix.trim_matches('/').into() })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Bucket { name, prefix } if prefix.is_empty() => write!(f, "{SCHEME}{name}"),
            Self::Bucket { name, prefix } => write!(f, "{SCHEME}{name}/{prefix}"),
        }
    }
}

impl Place {
    /// The store, a folder made if it is not there.
    pub fn create(&self) -> eyre::Result<BlobStore> {
        let store = match self {
            Self::Folder(folder) => BlobStore::folder(folder),
            Self::Bucket { name, prefix } => {
                BlobStore::s3(&s3_config(name, prefix, |variable| std::env::var(variable).ok())?)
            }
        };
        store.wrap_err_with(|| self.to_string())
    }

    /// A store that is there.
    pub fn open(&self) -> eyre::Result<BlobStore> {
        match self {
            Self::Folder(folder) if !Path::is_dir(folder) => {
                Err(eyre!("there is no folder {self}; --store names another"))
            }
            _ => self.create(),
        }
    }
}

/// The service and the key to it, out of the variables that other tools for S3 read.
fn s3_config(bucket: &str, prefix: &str, variable: impl Fn(&str) -> Option<String>) -> eyre::Result<S3Config> {
    let find = |name: &str| variable(name).filter(|value| !value.is_empty());
    let need = |name: &str| find(name).ok_or_else(|| eyre!("{SCHEME}{bucket} needs {name} in the environment"));
    let access_key_id = need("AWS_ACCESS_KEY_ID")?;
    let secret_access_key = need("AWS_SECRET_ACCESS_KEY")?;
    let region = match find("AWS_REGION") {
        Some(region) => region,
        None => find("AWS_DEFAULT_REGION").map_or_else(|| need("AWS_REGION"), Ok)?,
    };
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].into_iter().find_map(find);
    Ok(S3Config {
        endpoint: endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com")),
        region,
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        access_key_id,
        secret_access_key,
        session_token: find("AWS_SESSION_TOKEN"),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_buckets_are_told_apart() {
        let bucket = |name: &str, prefix: &str| Place::Bucket { name: name.into(), prefix: prefix.into() };
        for (text, place) in [
            ("data/blobs", Place::Folder("data/blobs".into())),
            ("s3:/x", Place::Folder("s3:/x".into())),
            ("s3://models", bucket("models", "")),
            ("s3://models/", bucket("models", "")),
            ("s3://models/a/b/", bucket("models", "a/b")),
        ] {
            assert_eq!(text.parse(), Ok(place.clone()));
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert!("s3://".parse::<Place>().unwrap_err().contains("names no bucket"));
        assert!("s3:///x".parse::<Place>().is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let all = [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_REGION", "eu-west-1")];
        let with = |known: &[(&str, &str)]| {
            let known: Vec<_> = known.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            s3_config("models", "a", move |name| {
                known.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            })
        };
        for (without, _) in all {
            let known: Vec<_> = all.into_iter().filter(|(name, _)| *name != without).collect();
            let error = with(&known).unwrap_err().to_string();
            assert_eq!(error, format!("s3://models needs {without} in the environment"));
        }
        let config = with(&all).unwrap();
        assert_eq!(config.endpoint, "https://s3.eu-west-1.amazonaws.com");
        assert_eq!((config.session_token, config.prefix.as_str()), (None, "a"));
        let more = [all.as_slice(), &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"), ("AWS_SESSION_TOKEN", "t")]];
        let config = with(&more.concat()).unwrap();
        assert_eq!((config.endpoint.as_str(), config.session_token.as_deref()), ("http://127.0.0.1:9000", Some("t")));
        assert!(with(&[all[0], all[1], ("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "x")]).is_ok());
    }
}
