//! A door before the emulated EC2 of a benchmark: it counts looks at instances, can answer them from a record of 2,048
//! (the emulator takes ten seconds for them), and can refuse the fleets of one launch template for want of capacity.
//!
//! It has threads of its own: they are in the network of the one who opens it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Instances of a page, as EC2 has them at the most.
const PAGE: usize = 1_000;
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15";

#[derive(Clone)]
pub struct Door {
    pub address: SocketAddr,
    moto: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Instances of another server's cluster that are told instead of the emulator's.
    recorded: Option<usize>,
    looks: usize,
    refuses: bool,
    /// The template that has no capacity: that of the first fleet.
    empty: Option<String>,
    refused_at: Option<Instant>,
    launched_at: Option<Instant>,
}

impl Door {
    pub fn before(moto: SocketAddr) -> std::io::Result<Door> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let door = Door {
            address: listener.local_addr()?,
            moto,
            state: Arc::default(),
        };
        let at = door.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let door = at.clone();
                // A caller that gives up costs the benchmark nothing.
                std::thread::spawn(move || drop(door.serve(client)));
            }
        });
        Ok(door)
    }

    /// From now on that many instances are told, or what the emulator has.
    pub fn tell(&self, recorded: Option<usize>) {
        self.state().recorded = recorded;
    }

    /// Calls for instances since the last time.
    pub fn looks(&self) -> usize {
        std::mem::take(&mut self.state().looks)
    }

    /// From now on the group that is asked for first has no capacity.
    pub fn refuse_one_template(&self) {
        self.state().refuses = true;
    }

    /// Seconds from the first refusal to the answer with an instance of another group, once there is one.
    pub fn fallback_seconds(&self) -> Option<f64> {
        let state = self.state();
        let took = state.launched_at?.duration_since(state.refused_at?);
        Some(took.as_secs_f64())
    }

    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let request = read_request(&mut client)?;
        let text = String::from_utf8_lossy(&request).into_owned();
        let is_fleet = text.contains("Action=CreateFleet&");
        let own = match text.contains("Action=DescribeInstances&") {
            true => self.instances(&text),
            false if is_fleet => self.refusal(&text),
            false => None,
        };
        let is_own = own.is_some();
        let answer = match own {
            Some(body) => http(&body),
            None => self.pass_on(&request)?,
        };
        client.write_all(&answer)?;
        if is_fleet && !is_own {
            self.state().launched_at.get_or_insert_with(Instant::now);
        }
        client.shutdown(std::net::Shutdown::Write)
    }

    fn instances(&self, request: &str) -> Option<String> {
        let mut state = self.state();
        state.looks += 1;
        Some(page(state.recorded?, number_after(request, "NextToken=")))
    }

    fn refusal(&self, request: &str) -> Option<String> {
        let mut state = self.state();
        if !state.refuses {
            return None;
        }
        let (_, rest) = request.split_once("LaunchTemplateId=")?;
        let template = rest.split('&').next().unwrap_or_default();
        if state.empty.get_or_insert_with(|| template.into()) != template {
            return None;
        }
        state.refused_at.get_or_insert_with(Instant::now);
        Some(no_capacity())
    }

    fn pass_on(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut moto = TcpStream::connect(self.moto)?;
        moto.write_all(request)?;
        let mut answer = vec![];
        moto.read_to_end(&mut answer)?;
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut request, mut more) = (vec![], [0; 16_384]);
    loop {
        let read = client.read(&mut more)?;
        request.extend_from_slice(&more[..read]);
        let text = String::from_utf8_lossy(&request);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let head = head.to_ascii_lowercase();
            body.len() >= number_after(&head, "content-length: ")
        });
        if read == 0 || whole {
            return Ok(request);
        }
    }
}

/// 0 where there is none.
fn number_after(text: &str, word: &str) -> usize {
    let rest = text.split_once(word).map_or("", |(_, rest)| rest);
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())]
        .parse()
        .unwrap_or_default()
}

fn http(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

/// The page that begins there, of so many running instances in all.
fn page(all: usize, from: usize) -> String {
    let to = (from + PAGE).min(all);
    let items: String = (from..to).map(instance).collect();
    let next = match to < all {
        true => format!("<nextToken>{to}</nextToken>"),
        false => String::new(),
    };
    format!(
        "<DescribeInstancesResponse xmlns=\"{NAMESPACE}\"><reservationSet>{items}</reservationSet>{next}\
         </DescribeInstancesResponse>"
    )
}

fn instance(number: usize) -> String {
    let address = format!("10.77.{}.{}", 100 + number / 250, number % 250 + 1);
    let tag =
        |key: &str, value: &str| format!("<item><key>{key}</key><value>{value}</value></item>");
    let tags = [
        tag("pcs:cluster-id", "pcs_recorded00"),
        tag("pcs:compute-node-group-id", "pcs_recorded01"),
        tag("pcs:launch-token", &format!("{number:032x}")),
        tag("AWSPCSManaged", "true"),
    ];
    format!(
        "<item><reservationId>r-{number:017x}</reservationId><instancesSet><item><instanceId>i-{number:017x}</instanceId>\
         <imageId>ami-12c6146b</imageId><instanceState><code>16</code><name>running</name></instanceState>\
         <instanceType>c6i.xlarge</instanceType><launchTime>2026-01-01T00:00:00.000Z</launchTime>\
         <privateIpAddress>{address}</privateIpAddress><tagSet>{}</tagSet></item></instancesSet></item>",
        tags.concat()
    )
}

fn no_capacity() -> String {
    format!(
        "<CreateFleetResponse xmlns=\"{NAMESPACE}\"><fleetId>fleet-1</fleetId><errorSet><item>\
         <launchTemplateAndOverrides><overrides><instanceType>c6i.xlarge</instanceType></overrides>\
         </launchTemplateAndOverrides><lifecycle>on-demand</lifecycle><errorCode>InsufficientInstanceCapacity</errorCode>\
         <errorMessage>There is none.</errorMessage></item></errorSet><fleetInstanceSet/></CreateFleetResponse>"
    )
}
