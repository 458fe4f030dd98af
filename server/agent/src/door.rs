//! Ends a daemon so that nobody's connection is cut: newcomers are kept waiting first, and who is in is served.
//!
//! Slurm's commands try again when nobody listens, and when nothing answers; they give up when a connection that they have
//! is reset. That is what becomes of those that slurmctld has not taken yet when it ends, and it takes none from when it is
//! told to. So its listening sockets lose the packets that ask for a connection: whoever comes asks again a second
//! later, by when nobody listens, or the next slurmctld does. The kernel has a filter for that which belongs to the
//! socket, and is gone with it.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use socket2::{Domain, SockFilter, Socket, Type};

use crate::{processes, say};

/// How long those who are in may take: one that says nothing must not keep the daemon from ending.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);
/// Loses what begins a connection, and lets all else pass: byte 13 of TCP's header has the flags, and this one is SYN.
const NO_NEWCOMERS: [SockFilter; 4] = [
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x45, 1, 0, 0x02),
    SockFilter::new(0x06, 0, 0, u32::MAX),
    SockFilter::new(0x06, 0, 0, 0),
];

/// Closes the ports of the daemon of that name in this sandbox, and waits until it has served who is in. What cannot be
/// done is said, and the daemon ends all the same.
pub fn close(daemon: &str) {
    let mut ports = vec![];
    for process in processes::named(daemon) {
        match closed(process) {
            Ok(of_it) => ports.extend(of_it),
            Err(error) => say(&format!("cannot keep newcomers from {daemon}: {error}")),
        }
    }
    let deadline = Instant::now() + PATIENCE;
    while is_any_in(&ports) && Instant::now() < deadline {
        std::thread::sleep(PAUSE);
    }
}

/// The ports of a process, which nobody new comes in by any more.
fn closed(process: i32) -> io::Result<Vec<u16>> {
    let mut ports = vec![];
    for socket in listening(process)? {
        socket.attach_filter(&NO_NEWCOMERS)?;
        let address = socket.local_addr()?.as_socket();
        ports.extend(address.map(|address| address.port()));
    }
    Ok(ports)
}

/// The TCP sockets where a process listens: they are its own, seen from here.
fn listening(process: i32) -> io::Result<Vec<Socket>> {
    let Some(pid) = Pid::from_raw(process) else {
        return Ok(vec![]);
    };
    let process_fd = pidfd_open(pid, PidfdFlags::empty())?;
    let mut found = vec![];
    for entry in std::fs::read_dir(format!("/proc/{process}/fd"))?.flatten() {
        let leads_to = std::fs::read_link(entry.path()).unwrap_or_default();
        let number = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let Some(number) = number.filter(|_| leads_to.to_string_lossy().starts_with("socket:"))
        else {
            continue;
        };
        // It may be closed by now.
        let Ok(taken) = pidfd_getfd(&process_fd, number, PidfdGetfdFlags::empty()) else {
            continue;
        };
        let socket = Socket::from(taken);
        if is_door(&socket) {
            found.push(socket);
        }
    }
    Ok(found)
}

fn is_door(socket: &Socket) -> bool {
    let is_tcp = matches!(socket.domain(), Ok(Domain::IPV4 | Domain::IPV6))
        && matches!(socket.r#type(), Ok(Type::STREAM));
    is_tcp && socket.is_listener().unwrap_or(false)
}

/// Whether a connection to one of these ports is not served yet.
fn is_any_in(ports: &[u16]) -> bool {
    // There is none of the newer protocol where the host does without.
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|table| {
        let table = std::fs::read_to_string(table).unwrap_or_default();
        let mut entries = table.lines().filter_map(Entry::read);
        entries.any(|entry| ports.contains(&entry.port) && entry.is_in())
    })
}

/// A line of the kernel's table of connections.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Of this side.
    port: u16,
    state: u8,
}

/// As the kernel numbers them.
const ESTABLISHED: u8 = 1;
const SYN_RECEIVED: u8 = 3;

impl Entry {
    /// Of `  0: 0100007F:1A2B 0100007F:C350 01 00000000:00000000 …`; none of the line with the titles.
    fn read(line: &str) -> Option<Entry> {
        let mut words = line.split_whitespace().skip(1);
        let (_, port) = words.next()?.rsplit_once(':')?;
        let state = words.nth(1)?;
        Some(Entry {
            port: u16::from_str_radix(port, 16).ok()?,
            state: u8::from_str_radix(state, 16).ok()?,
        })
    }

    /// Also one that the daemon has not taken yet. Who has got an answer, or has gone, is not.
    fn is_in(&self) -> bool {
        matches!(self.state, ESTABLISHED | SYN_RECEIVED)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernels_table_is_read() {
        let line =
            "   0: 0100007F:1A2B 0100007F:C350 01 00000000:00000000 00:00000000 00000000 0 0 1 1";
        let (port, state) = (0x1A2B, ESTABLISHED);
        assert_eq!(Entry::read(line), Some(Entry { port, state }));
        assert_eq!(
            Entry::read("  sl  local_address rem_address   st tx_queue"),
            None
        );
        assert_eq!(Entry::read(""), None);
    }

    #[test]
    fn who_is_in_stays_in_and_who_comes_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut within = TcpStream::connect(address).unwrap();
        let ours = listening(std::process::id().cast_signed());
        // Tests of other modules may listen as well.
        for socket in ours.unwrap() {
            if socket.local_addr().unwrap().as_socket() == Some(address) {
                socket.attach_filter(&NO_NEWCOMERS).unwrap();
            }
        }
        assert!(is_any_in(&[address.port()]));
        let short = Duration::from_millis(300);
        let late = TcpStream::connect_timeout(&address, short).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        within.write_all(b"asked").unwrap();
        let (mut taken, _) = listener.accept().unwrap();
        let mut asked = [0; 5];
        taken.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"asked");
        // What comes next in its place is open.
        drop(listener);
        let late = TcpStream::connect_timeout(&address, short).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::ConnectionRefused);
        drop(taken);
        assert!(!is_any_in(&[address.port()]));
    }
}
