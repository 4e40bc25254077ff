//! Megabytes per second through a store in a folder and over HTTP on this machine, and the memory it took:
//! `cargo run -p lux-blobs --example throughput -- 1024` for a blob of 1,024 MiB.

use lux_blobs::{BlobStore, Client, ClientConfig, MAX_BLOB_BYTES, ServerConfig, serve};
use std::error::Error;
use std::io::Write;
use std::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mib: u64 = std::env::args().nth(1).map_or(Ok(256), |mib| mib.parse())?;
    let (folder, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    for n in 0..mib {
        file.write_all(&n.to_le_bytes().repeat(1 << 17))?;
    }
    let speed = |what: &str, began: Instant| {
        println!("{what:24}{:8.0} MiB/s", mib as f64 / began.elapsed().as_secs_f64());
    };
    let (here, there) = (BlobStore::folder(&other.path().join("a"))?, BlobStore::folder(&other.path().join("b"))?);
    let began = Instant::now();
    let commitment = here.put_file(file.path()).await?;
    speed("put_file", began);

    let server = serve(([127, 0, 0, 1], 0).into(), here, ServerConfig::default()).await?;
    let client = Client::new(ClientConfig { allow_private: true, ..Default::default() })?;
    let began = Instant::now();
    client.fetch_into(&there, &format!("http://{}", server.local_addr), commitment, MAX_BLOB_BYTES).await?;
    speed("serve and fetch_into", began);

    let began = Instant::now();
    for at in (0..mib << 20).step_by(1 << 20) {
        there.range(commitment, at..at + (1 << 20)).await?;
    }
    speed("range, 1 MiB each", began);
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}
