//! The only way out of a printed page: a SOCKS5 proxy (RFC 1928) of its own, that resolves, checks and connects.
//!
//! Chromium hands it names, so what it checks is what it connects to. It knows one command, CONNECT, and no TLS: what
//! passes is not looked into, and counted.

use crate::service::guard::{Denied, Rules, resolve};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use url::Host;

/// A page opens six connections to a host.
const MOST_TUNNELS: usize = 256;
const CONNECT: Duration = Duration::from_secs(10);

/// Dropped, it ends with all its connections.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    rules: Rules,
    /// Bytes that may still come.
    left: AtomicU64,
    exhausted: AtomicBool,
}

/// RFC 1928, section 6.
#[derive(Clone, Copy)]
enum Reply {
    Succeeded = 0,
    NotAllowed = 2,
    HostUnreachable = 4,
    CommandNotSupported = 7,
    AddressNotSupported = 8,
}

impl Proxy {
    /// # Errors
    /// No port of this machine is free.
    pub async fn start(rules: Rules, bytes: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { rules, left: AtomicU64::new(bytes), exhausted: AtomicBool::new(false) });
        let theirs = shared.clone();
        let accepting = tokio::spawn(async move {
            let mut tunnels = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                while tunnels.try_join_next().is_some() {}
                if tunnels.len() < MOST_TUNNELS {
                    tunnels.spawn(tunnel(client, theirs.clone()));
                }
            }
        });
        Ok(Proxy { address, shared, accepting })
    }

    /// Whether more was to come than may.
    pub fn exhausted(&self) -> bool {
        self.shared.exhausted.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Its end, however it came, is an end of the connection for the page.
async fn tunnel(mut client: TcpStream, shared: Arc<Shared>) {
    let Ok(asked) = greet(&mut client).await else { return };
    let server = match asked {
        Ok((host, port)) => open(&host, port, &shared.rules).await,
        Err(reply) => Err(reply),
    };
    let reply = server.as_ref().err().copied().unwrap_or(Reply::Succeeded);
    if client.write_all(&[5, reply as u8, 0, 1, 0, 0, 0, 0, 0, 0]).await.is_err() {
        return;
    }
    let Ok(mut server) = server else { return };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = copy(&mut from_client, &mut to_server, &shared);
    let down = copy(&mut from_server, &mut to_client, &shared);
    let _ = tokio::try_join!(up, down);
}

/// What the client wants to be connected to, or why it is refused.
async fn greet(client: &mut TcpStream) -> io::Result<Result<(Host, u16), Reply>> {
    let [version, methods] = read(client).await?;
    if version != 5 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut offered = vec![0; usize::from(methods)];
    client.read_exact(&mut offered).await?;
    // Without a password: whoever reaches this port may ask for the hosts of one page.
    client.write_all(&[5, 0]).await?;
    let [version, command, _, kind] = read(client).await?;
    if version != 5 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let host = match kind {
        1 => Ok(Host::Ipv4(Ipv4Addr::from(read::<4>(client).await?))),
        4 => Ok(Host::Ipv6(Ipv6Addr::from(read::<16>(client).await?))),
        3 => {
            let [length] = read(client).await?;
            let mut name = vec![0; usize::from(length)];
            client.read_exact(&mut name).await?;
            // An address in another spelling is an address here too.
            Host::parse(&String::from_utf8_lossy(&name)).map_err(|_| Reply::AddressNotSupported)
        }
        _ => return Ok(Err(Reply::AddressNotSupported)),
    };
    let port = u16::from_be_bytes(read(client).await?);
    Ok(if command == 1 { host.map(|host| (host, port)) } else { Err(Reply::CommandNotSupported) })
}

async fn read<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn open(host: &Host, port: u16, rules: &Rules) -> Result<TcpStream, Reply> {
    let borrowed = match host {
        Host::Domain(name) => Host::Domain(name.as_str()),
        Host::Ipv4(a) => Host::Ipv4(*a),
        Host::Ipv6(a) => Host::Ipv6(*a),
    };
    let reach = rules.endpoint(&borrowed, port).map_err(|_| Reply::NotAllowed)?;
    let connecting = async {
        let addresses = match host {
            Host::Domain(name) => resolve(name, port, reach).await.map_err(|denied| match denied {
                Denied::Unknown => Reply::HostUnreachable,
                _ => Reply::NotAllowed,
            })?,
            Host::Ipv4(a) => vec![SocketAddr::new(IpAddr::V4(*a), port)],
            Host::Ipv6(a) => vec![SocketAddr::new(IpAddr::V6(*a), port)],
        };
        TcpStream::connect(addresses.as_slice()).await.map_err(|_| Reply::HostUnreachable)
    };
    tokio::time::timeout(CONNECT, connecting).await.unwrap_or(Err(Reply::HostUnreachable))
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    shared: &Shared,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 14];
    loop {
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return to.shutdown().await;
        }
        let paid = |left: u64| left.checked_sub(n as u64);
        if shared.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_err() {
            shared.exhausted.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        to.write_all(&buffer[..n]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reply to a request for this host, and the connection.
    async fn ask(proxy: &Proxy, host: &str, port: u16) -> (u8, TcpStream) {
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        client.write_all(&[5, 1, 0]).await.unwrap();
        assert_eq!(read::<2>(&mut client).await.unwrap(), [5, 0]);
        let request = [&[5, 1, 0, 3, host.len() as u8], host.as_bytes(), &port.to_be_bytes()].concat();
        client.write_all(&request).await.unwrap();
        (read::<10>(&mut client).await.unwrap()[1], client)
    }

    /// A server that says ten letters to whoever comes.
    async fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(b"0123456789").await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn it_leads_to_what_the_rules_allow_and_nowhere_else() {
        let (allowed, other) = (server().await, server().await);
        let rules = Rules::only(Vec::new(), vec![allowed.to_string().parse().unwrap()]);
        let proxy = Proxy::start(rules, 1_000).await.unwrap();
        for spelling in ["127.0.0.1", "2130706433", "0x7f.1"] {
            let (reply, mut stream) = ask(&proxy, spelling, allowed.port()).await;
            let mut said = String::new();
            stream.read_to_string(&mut said).await.unwrap();
            assert_eq!((reply, said.as_str()), (0, "0123456789"), "{spelling}");
            assert_eq!(ask(&proxy, spelling, other.port()).await.0, Reply::NotAllowed as u8, "{spelling}");
        }
        for host in ["localhost", "example.com", "169.254.169.254", "::1", "metadata.google.internal"] {
            assert_ne!(ask(&proxy, host, allowed.port()).await.0, 0, "{host}");
        }
    }

    #[tokio::test]
    async fn what_passes_is_counted_and_all_ends_with_it() {
        let address = server().await;
        let rules = Rules::only(Vec::new(), vec![address.to_string().parse().unwrap()]);
        let proxy = Proxy::start(rules, 15).await.unwrap();
        let mut said = String::new();
        ask(&proxy, "127.0.0.1", address.port()).await.1.read_to_string(&mut said).await.unwrap();
        assert_eq!((said.as_str(), proxy.exhausted()), ("0123456789", false));
        said.clear();
        let _ = ask(&proxy, "127.0.0.1", address.port()).await.1.read_to_string(&mut said).await;
        assert_eq!((said.as_str(), proxy.exhausted()), ("", true));
        let at = proxy.address;
        drop(proxy);
        tokio::task::yield_now().await;
        let mut left = TcpStream::connect(at).await.ok();
        if let Some(client) = &mut left {
            assert!(read::<1>(client).await.is_err());
        }
    }
}
