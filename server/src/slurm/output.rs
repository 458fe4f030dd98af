//! The files that jobs write, read in bounded pieces, and never anything but a plain file of the job's own user.
//!
//! The path comes from whoever submitted the job, and the server may be root: without the checks here a job that names
//! `/etc/shadow` as its output would show it to every reader of the console.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use app::model::job::*;
use nix::fcntl::OFlag;
use nix::sys::statfs::*;

/// The most that is read at once: some thousand lines.
pub const PIECE: u64 = 64 * 1024;

/// The file systems through which the kernel tells of itself.
const KERNELS_OWN: [FsType; 16] = [
    PROC_SUPER_MAGIC,
    SYSFS_MAGIC,
    CGROUP_SUPER_MAGIC,
    CGROUP2_SUPER_MAGIC,
    DEBUGFS_MAGIC,
    TRACEFS_MAGIC,
    SECURITYFS_MAGIC,
    SELINUX_MAGIC,
    SMACK_MAGIC,
    BPF_FS_MAGIC,
    DEVPTS_SUPER_MAGIC,
    HUGETLBFS_MAGIC,
    NSFS_MAGIC,
    RDTGROUP_SUPER_MAGIC,
    USBDEVICE_SUPER_MAGIC,
    XENFS_SUPER_MAGIC,
];

/// A job's output file and what must hold of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OutputFile {
    pub path: PathBuf,
    pub user_id: u32,
    /// Nothing below it is shown: it has the server's secrets.
    pub forbidden: Option<PathBuf>,
    /// When the job was submitted, in milliseconds since 1970: an older file of that name is another job's.
    pub submitted_at: i64,
}

impl OutputFile {
    /// That output of a job whose files this server sees; none where the job writes no such file.
    pub fn of(record: &JobRecord, kind: OutputKind, data_dir: &Path) -> Option<OutputFile> {
        let (path, bytes) = match kind {
            OutputKind::Stdout => (&record.standard_output, &record.output_bytes),
            OutputKind::Stderr => (&record.standard_error, &record.error_bytes),
        };
        path.starts_with('/').then(|| OutputFile {
            path: match hex::decode(bytes) {
                Ok(bytes) if !bytes.is_empty() => OsString::from_vec(bytes).into(),
                _ => path.into(),
            },
            user_id: u32::try_from(record.user_id).unwrap_or(u32::MAX),
            forbidden: Some(data_dir.to_owned()),
            submitted_at: record.job.submitted_at,
        })
    }
}

/// Which part of a file, in bytes from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    End,
    From(u64),
    Before(u64),
}

impl Part {
    pub fn new(from: Option<i64>, before: Option<i64>) -> Part {
        let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        match (number(before), number(from)) {
            (Some(before), _) => Part::Before(before),
            (None, Some(from)) => Part::From(from),
            (None, None) => Part::End,
        }
    }
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Read,
    Write,
}

/// Whether the file is there and of a kind and mode that its user can open it so. Of groups and of the directories on
/// the way nothing is known. Blocks for no longer than a disk does.
pub fn may_open(path: &Path, user_id: u32, way: Way) -> bool {
    let Ok(found) = std::fs::metadata(path) else {
        return false;
    };
    if found.is_dir() && way == Way::Write {
        return false;
    }
    let bits = match way {
        Way::Read => 0o444,
        Way::Write => 0o222,
    };
    let who = match found.uid() == user_id {
        true => 0o700,
        false => 0o077,
    };
    user_id == 0 || found.mode() & bits & who != 0
}

/// How many bytes are in it; none of what may not be read.
pub async fn size(file: OutputFile) -> Option<u64> {
    let size = tokio::task::spawn_blocking(move || Some(open(&file).ok()?.metadata().ok()?.len()));
    size.await.ok().flatten()
}

/// The bytes before a place in a file, and how many the file has in all.
pub struct Before {
    pub bytes: Vec<u8>,
    pub size: u64,
}

/// What is before that place, or before its end where none is given, `most` bytes at most; none of what may not be read,
/// or ends before that place.
pub async fn before(file: OutputFile, place: Option<u64>, most: u64) -> Option<Before> {
    let read = tokio::task::spawn_blocking(move || {
        let mut open = open(&file).ok()?;
        let size = open.metadata().ok()?.len();
        let place = place.unwrap_or(size);
        let start = place.saturating_sub(most);
        open.seek(SeekFrom::Start(start)).ok()?;
        let mut bytes = vec![];
        open.take(place - start).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == place - start).then_some(Before { bytes, size })
    });
    read.await.ok().flatten()
}

pub fn absent(path: &str, absence: OutputAbsence) -> JobOutput {
    JobOutput {
        path: path.into(),
        absence: Some(absence),
        ..JobOutput::default()
    }
}

/// One part of the file, [`PIECE`] at most. Blocks, but never for longer than a disk does.
pub fn piece(file: &OutputFile, part: Part) -> JobOutput {
    let path = file.path.display().to_string();
    match open(file).and_then(|open| read(open, part)) {
        Ok(output) => JobOutput { path, ..output },
        Err(error) => absent(&path, absence_of(&error)),
    }
}

pub fn absence_of(error: &io::Error) -> OutputAbsence {
    match error.kind() {
        io::ErrorKind::NotFound => OutputAbsence::NotThere,
        _ => OutputAbsence::NotReadable,
    }
}

/// Finds it first and opens it when it is known to be a plain file: to open a FIFO for a moment ends the job that writes to
/// it, and to open a device may do anything. What the name means later does not matter.
pub fn open(file: &OutputFile) -> io::Result<File> {
    let found = open_with(&file.path, OFlag::O_PATH)?;
    let itself = Path::new("/proc/self/fd").join(found.as_raw_fd().to_string());
    let place = std::fs::read_link(&itself)?;
    let metadata = found.metadata()?;
    let is_forbidden = match &file.forbidden {
        Some(forbidden) => place.starts_with(std::fs::canonicalize(forbidden)?),
        None => false,
    };
    if !is_on_disk(&found)? {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if !metadata.is_file() || metadata.uid() != file.user_id || is_forbidden {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if metadata.mtime() < file.submitted_at / 1000 {
        return Err(io::ErrorKind::NotFound.into());
    }
    open_with(&itself, OFlag::empty())
}

fn open_with(path: &Path, flags: OFlag) -> io::Result<File> {
    let flags = flags | OFlag::O_CLOEXEC;
    let mut options = std::fs::OpenOptions::new();
    options.read(true).custom_flags(flags.bits()).open(path)
}

/// Whether the file is one of those that jobs write. The files of the kernel's own file systems look like plain ones, but
/// `/proc/self/environ` would be this server's.
fn is_on_disk(open: &File) -> io::Result<bool> {
    Ok(!KERNELS_OWN.contains(&fstatfs(open)?.filesystem_type()))
}

fn read(mut open: File, part: Part) -> io::Result<JobOutput> {
    let size = open.metadata()?.len();
    let (start, end) = match part {
        // A file that was written anew is shown from its beginning.
        Part::From(from) if from > size => (0, size),
        Part::From(from) => (from, size),
        Part::End => (size.saturating_sub(PIECE), size),
        Part::Before(before) => (before.min(size).saturating_sub(PIECE), before.min(size)),
    };
    open.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    open.take(PIECE.min(end - start)).read_to_end(&mut bytes)?;
    let cut = match part {
        Part::End | Part::Before(_) if start > 0 => beginning(&bytes),
        _ => 0,
    };
    let whole = whole_characters(&bytes).max(cut);
    let text = String::from_utf8_lossy(&bytes[cut..whole]).into_owned();
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(JobOutput {
        from: number(start + cut as u64),
        to: number(start + whole as u64),
        size: number(size),
        text,
        ..JobOutput::default()
    })
}

/// Where to begin in the middle of a file: at a line that is not far, else at a character.
fn beginning(bytes: &[u8]) -> usize {
    let near = &bytes[..bytes.len() / 4];
    if let Some(end_of_line) = near.iter().position(|byte| *byte == b'\n') {
        return end_of_line + 1;
    }
    let is_inside = |byte: &&u8| matches!(byte, 0x80..=0xbf);
    let inside = bytes.iter().take(3).take_while(is_inside).count();
    inside.min(bytes.len())
}

/// How many of the bytes are before a character whose rest is not written yet.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str) -> OutputFile {
        OutputFile {
            path: dir.join(name),
            user_id: nix::unistd::geteuid().as_raw(),
            forbidden: Some(dir.join("data")),
            submitted_at: 0,
        }
    }

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        dir
    }

    #[test]
    fn a_file_is_read_piece_by_piece() {
        let dir = folder();
        let file = file(dir.path(), "out");
        assert_eq!(
            piece(&file, Part::End).absence,
            Some(OutputAbsence::NotThere)
        );
        std::fs::write(&file.path, "one\ntwo\n").unwrap();
        let first = piece(&file, Part::End);
        assert_eq!((first.text.as_str(), first.to), ("one\ntwo\n", 8));
        std::fs::write(&file.path, "one\ntwo\nthree é").unwrap();
        let second = piece(&file, Part::From(8));
        assert_eq!(
            (second.text.as_str(), second.from, second.to),
            ("three é", 8, 16)
        );
        std::fs::write(&file.path, "new").unwrap();
        assert_eq!(piece(&file, Part::From(16)).text, "new");
    }

    #[test]
    fn a_long_file_is_shown_from_a_line_at_its_end() {
        let dir = folder();
        let file = file(dir.path(), "out");
        let line = "0123456789abcdef\n";
        std::fs::write(&file.path, line.repeat(10_000)).unwrap();
        let end = piece(&file, Part::End);
        assert!(end.text.starts_with("0123") && end.text.len() <= PIECE as usize);
        assert_eq!(
            (end.from + end.text.len() as i64, end.size),
            (170_000, 170_000)
        );
    }

    #[test]
    fn a_long_line_is_shown_too_and_earlier_parts_join_without_a_gap() {
        let dir = folder();
        let file = file(dir.path(), "out");
        let whole = format!("first\n{}\nlast\n", "é".repeat(100_000));
        std::fs::write(&file.path, &whole).unwrap();
        let end = piece(&file, Part::End);
        assert!(end.text.len() > 60_000 && end.text.ends_with("é\nlast\n"));
        let (mut text, mut from) = (end.text, end.from);
        while from > 0 {
            let earlier = piece(&file, Part::Before(from as u64));
            assert_eq!(earlier.to, from);
            (text, from) = (earlier.text + &text, earlier.from);
        }
        assert_eq!(text, whole);
        assert_eq!(piece(&file, Part::Before(u64::MAX)).to, whole.len() as i64);
        assert_eq!(piece(&file, Part::Before(0)).text, "");
    }

    #[test]
    fn a_file_from_before_the_job_is_another_jobs() {
        let dir = folder();
        let mut file = file(dir.path(), "out");
        std::fs::write(&file.path, "old\n").unwrap();
        file.submitted_at = crate::db::now() + 60_000;
        assert_eq!(
            piece(&file, Part::End).absence,
            Some(OutputAbsence::NotThere)
        );
    }

    #[test]
    fn what_could_not_be_opened_is_told_from_what_could() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let me = nix::unistd::geteuid().as_raw();
        let path = |name: &str, mode: u32| {
            let path = dir.path().join(name);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let (own, fixed) = (path("own", 0o600), path("fixed", 0o400));
        let open = path("open", 0o666);
        let nobody = 65_534;
        for (path, user, reads, writes) in [
            (&own, me, true, true),
            (&own, nobody, false, false),
            (&fixed, nobody, false, false),
            (&open, nobody, true, true),
            (&dir.path().join("none"), me, false, false),
            (&dir.path().join("data"), me, true, false),
            (&PathBuf::from("/dev/null"), nobody, true, true),
            (&PathBuf::from("/proc/nope/1.out"), me, false, false),
        ] {
            let may = [Way::Read, Way::Write].map(|way| may_open(path, user, way));
            assert_eq!(may, [reads, writes], "{} {user}", path.display());
        }
        assert!(may_open(&own, 0, Way::Write));
        assert_eq!(may_open(&fixed, me, Way::Write), me == 0);
    }

    #[test]
    fn half_a_character_waits_for_its_rest() {
        let dir = folder();
        let file = file(dir.path(), "out");
        std::fs::write(&file.path, [b'a', 0xe4, 0xbd]).unwrap();
        let first = piece(&file, Part::From(0));
        assert_eq!((first.text.as_str(), first.to), ("a", 1));
        // What never was text does not hold the rest back.
        std::fs::write(&file.path, [b'a', 0xff, b'b']).unwrap();
        assert_eq!(piece(&file, Part::From(0)).to, 3);
    }

    #[test]
    fn nothing_but_a_plain_file_of_the_user_is_read() {
        let dir = folder();
        let refused =
            |file: &OutputFile| piece(file, Part::End).absence == Some(OutputAbsence::NotReadable);
        let fifo = file(dir.path(), "fifo");
        nix::unistd::mkfifo(&fifo.path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let (begun, begins) = std::sync::mpsc::channel();
        let path = fifo.path.clone();
        let writer = std::thread::spawn(move || {
            begun.send(()).unwrap();
            std::fs::write(path, "of the job")
        });
        begins.recv().unwrap();
        assert!(refused(&fifo), "a FIFO");
        // Its writer still waits for whom it is for.
        let reader = std::fs::read_to_string(&fifo.path).unwrap();
        assert_eq!(reader, "of the job");
        writer.join().unwrap().unwrap();
        assert!(refused(&file(Path::new("/dev"), "zero")) || refused(&file(dir.path(), "data")));
        assert!(refused(&file(dir.path(), "data")), "a directory");
        std::fs::write(dir.path().join("data/data-key"), "secret").unwrap();
        assert!(
            refused(&file(dir.path(), "data/data-key")),
            "the server's own"
        );
        std::os::unix::fs::symlink(dir.path().join("data/data-key"), dir.path().join("link"))
            .unwrap();
        assert!(refused(&file(dir.path(), "link")), "a way around");
        let other_data = dir.path().join("data");
        for (dir, name) in [
            ("/proc/self", "environ"),
            ("/proc/self", "cmdline"),
            ("/proc", "version"),
            ("/sys/kernel", "uevent_seqnum"),
            ("/sys/fs/cgroup", "cgroup.procs"),
        ] {
            let mut kernels = file(Path::new(dir), name);
            kernels.forbidden = Some(other_data.clone());
            if kernels.path.exists() {
                assert!(refused(&kernels), "{}", kernels.path.display());
            }
        }
        std::os::unix::fs::symlink("/proc/self/environ", dir.path().join("round")).unwrap();
        assert!(refused(&file(dir.path(), "round")), "a way to the kernel's");
        let mut other = file(dir.path(), "mine");
        std::fs::write(&other.path, "x").unwrap();
        other.user_id += 1;
        assert!(refused(&other), "somebody else's");
    }
}
