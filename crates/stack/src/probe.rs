//! Small questions to a server that starts: is it there yet?

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::transport::Endpoint;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

const PATIENCE: Duration = Duration::from_secs(2);

/// Whether somebody accepts connections there.
pub(crate) async fn accepts(address: SocketAddr) -> bool {
    matches!(timeout(PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_)))
}

/// Whether the gRPC server there reports SERVING for the whole of itself.
pub(crate) async fn serving(address: SocketAddr) -> bool {
    let ask = async {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).ok()?;
        let channel = endpoint.connect().await.ok()?;
        let request = HealthCheckRequest { service: String::new() };
        let answer = HealthClient::new(channel).check(request).await.ok()?;
        Some(answer.into_inner().status() == ServingStatus::Serving)
    };
    timeout(PATIENCE, ask).await.ok().flatten().unwrap_or(false)
}

/// Whether what comes back after sending `request` contains `expected`.
pub(crate) async fn answers(address: SocketAddr, request: &str, expected: &str) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut seen = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            let read = stream.read(&mut buffer).await.ok()?;
            seen.extend_from_slice(&buffer[..read]);
            if String::from_utf8_lossy(&seen).contains(expected) {
                return Some(());
            }
            if read == 0 || seen.len() > 16 << 10 {
                return None;
            }
        }
    };
    // A server that says something else keeps the connection open: don't wait long for more.
    matches!(timeout(Duration::from_millis(500), exchange).await, Ok(Some(())))
}
