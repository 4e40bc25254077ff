//! How fast transactions come in: `cargo test --release -p lux-rpc load -- --ignored --nocapture`.

use super::*;
use crate::serve;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ACCOUNTS: u8 = 64;
const PER_ACCOUNT: u64 = 900;
const CONNECTIONS: usize = 16;

/// Sends `bodies` one after the other over one connection; checks that every reply carries `replies` hashes.
async fn client(addr: std::net::SocketAddr, bodies: Vec<String>, replies: usize) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 256 * 1024];
    for body in bodies {
        let request = format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut filled = 0;
        loop {
            filled += stream.read(&mut buffer[filled..]).await.unwrap();
            let text = std::str::from_utf8(&buffer[..filled]).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                assert_eq!(body.matches(r#""result":"0x"#).count(), replies, "{body}");
                break;
            }
        }
    }
}

/// Seconds of CPU that this process has used: what other work on the machine does not distort.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Prints transactions per second of wall time, and of CPU of client and server together.
async fn measure(name: &str, batch: usize) {
    let keys: Vec<_> = (0..ACCOUNTS).map(|n| key(n + 10)).collect();
    let f = Fixture::with_keys(ChainKind::Rollup, keys, |_| {});
    let raws: Vec<Vec<String>> = std::thread::scope(|scope| {
        let sign = |n: usize| (0..PER_ACCOUNT).map(|nonce| f.raw(n, nonce, Address::repeat_byte(0xaa), 1)).collect();
        let workers: Vec<_> = (0..usize::from(ACCOUNTS)).map(|n| scope.spawn(move || sign(n))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let call =
        |raw: &String| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["{raw}"]}}"#);
    let mut bodies = vec![Vec::new(); CONNECTIONS];
    for (n, raws) in raws.iter().enumerate() {
        bodies[n % CONNECTIONS].extend(raws.chunks(batch).map(|raws| match batch {
            1 => call(&raws[0]),
            _ => format!("[{}]", raws.iter().map(call).collect::<Vec<_>>().join(",")),
        }));
    }
    let server = serve("127.0.0.1:0".parse().unwrap(), f.methods.clone(), &RpcLimits::default()).await.unwrap();
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let clients: Vec<_> =
        bodies.into_iter().map(|bodies| tokio::spawn(client(server.local_addr, bodies, batch))).collect();
    for client in clients {
        client.await.unwrap();
    }
    let total = f64::from(ACCOUNTS) * PER_ACCOUNT as f64;
    assert_eq!(f.chain.pool().status().pending, total as usize);
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("{name}: {:.0} tx/s; {:.0} tx per CPU second, client included", total / wall, total / cpu);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn load() {
    measure("single calls", 1).await;
    measure("batches of 100", 100).await;
}
