//! Unix sockets at paths of any length: the system's own calls take 107 bytes at most.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// The directory of the server's socket.
pub fn dir(data_dir: &Path) -> PathBuf {
    data_dir.join("run")
}

/// The name of a socket, and its directory held open.
pub struct Place {
    dir: OwnedFd,
    name: PathBuf,
}

impl Place {
    pub fn of(path: &Path) -> io::Result<Place> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let dir = path.parent().unwrap_or(Path::new("/"));
        Ok(Place {
            dir: open(dir, flags, Mode::empty())?,
            name: path.file_name().unwrap_or(OsStr::new("socket")).into(),
        })
    }

    /// A short path to the socket, good as long as this lives.
    pub fn short(&self) -> PathBuf {
        let dir = format!("/proc/self/fd/{}", self.dir.as_raw_fd());
        Path::new(&dir).join(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_socket_may_have_a_long_path() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("d".repeat(200));
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("server.sock");
        let place = Place::of(&path).unwrap();
        let _listener = UnixListener::bind(place.short()).unwrap();
        UnixStream::connect(Place::of(&path).unwrap().short()).unwrap();
        assert!(path.exists());
    }
}
