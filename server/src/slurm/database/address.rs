//! Where a database is that somebody gave for the accounting, as whom one comes in, and whom it is to be:
//! `mysql://USER:PASSWORD@HOST:PORT/?ssl-ca=FILE`.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

use super::client::Client;
use crate::auth::sigv4::decode;

const SCHEMES: [&str; 2] = ["mysql://", "mariadb://"];
/// MySQL's and MariaDB's own.
const PORT: u16 = 3306;
const FORM: &str = "write mysql://USER:PASSWORD@HOST:PORT/, for TLS with ?ssl-ca=FILE behind it";
/// With which each begins in a file of them.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// What may stand behind the address.
const SSL_CA: &str = "ssl-ca";
/// slurmdbd's own word for it.
const STORAGE_SSL_CA: &str = "SSL_CA=";

/// What goes into slurmdbd.conf to reach its database.
#[derive(Clone, PartialEq, Eq)]
pub struct Storage {
    /// A name or an address; `localhost` is a socket.
    pub host: String,
    /// None: at a socket.
    pub port: Option<u16>,
    pub user: String,
    /// Never logged.
    pub password: Option<Zeroizing<String>>,
    /// The file of the certificates of which one must vouch for the server; none: without TLS.
    pub ssl_ca: Option<PathBuf>,
}

impl FromStr for Storage {
    type Err = String;

    fn from_str(url: &str) -> Result<Storage, String> {
        let not_understood = |why: &str| format!("the address is not understood: {why}; {FORM}");
        let rest = SCHEMES.iter().find_map(|scheme| url.strip_prefix(scheme));
        let rest = rest.ok_or_else(|| not_understood("it does not begin with mysql://"))?;
        // A password may have any of what follows it.
        let (account, place) = rest
            .rsplit_once('@')
            .ok_or_else(|| not_understood("it names no user"))?;
        let (user, password) = match account.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (account, None),
        };
        let (place, options) = place.split_once('?').unwrap_or((place, ""));
        let (place, name) = place.split_once('/').unwrap_or((place, ""));
        if !name.is_empty() {
            return Err(format!(
                "the address ends with {name:?}, but each cluster has a database of its own there, named by its id; {FORM}"
            ));
        }
        let (host, port) = host_and_port(place).map_err(not_understood)?;
        let text = |what: &str, part: &str| -> Result<String, String> {
            let decoded = String::from_utf8(decode(part));
            let decoded = decoded.map_err(|_| format!("the {what} is not UTF-8"))?;
            check(what, &decoded).map(|()| decoded)
        };
        let storage = Storage {
            // Clients of MySQL mean a socket by that name.
            host: match host {
                "localhost" => "127.0.0.1".into(),
                host => text("host", host)?,
            },
            port: Some(port),
            user: text("user", user)?,
            password: match password {
                Some(password) => Some(Zeroizing::new(text("password", password)?)),
                None => None,
            },
            ssl_ca: ssl_ca(options)?,
        };
        if storage.user.is_empty() || storage.host.is_empty() {
            return Err(not_understood("it names no user or no host"));
        }
        Ok(storage)
    }
}

fn host_and_port(place: &str) -> Result<(&str, u16), &'static str> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("a ] is missing")?;
            host.parse::<Ipv6Addr>()
                .map_err(|_| "what is in brackets is no IPv6 address")?;
            (host, port.strip_prefix(':').unwrap_or(port))
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    match port {
        "" => Ok((host, PORT)),
        port => Ok((host, port.parse().map_err(|_| "its port is no number")?)),
    }
}

/// What `ssl-ca=FILE` names.
fn ssl_ca(options: &str) -> Result<Option<PathBuf>, String> {
    if options.is_empty() {
        return Ok(None);
    }
    let file = match options.split_once('=') {
        Some((SSL_CA, file)) => String::from_utf8(decode(file)).unwrap_or_default(),
        _ => {
            return Err(format!(
                "of what may stand behind the ? only {SSL_CA} is known; {FORM}"
            ));
        }
    };
    check("file", &file)?;
    // Slurm takes a list with commas between, and each daemon has a directory of its own.
    if !file.starts_with('/') || file.contains([',', '&', '=']) {
        return Err(format!(
            "{SSL_CA} names {file:?}; give the whole path of a file with certificates, from / on, without commas, & and ="
        ));
    }
    Ok(Some(file.into()))
}

/// Slurm reads a file of lines: of these characters it has its own opinion, and no way to quote them.
fn check(what: &str, text: &str) -> Result<(), String> {
    let is_wrong = |c: &char| matches!(c, '"' | '#' | '\\') || c.is_control();
    match text.chars().find(is_wrong) {
        None => Ok(()),
        Some(c) => Err(format!(
            "the {what} has the character {c:?}, which slurmdbd.conf cannot hold; give that account of the database another \
             {what}, without quotation marks, # and backslashes"
        )),
    }
}

impl Storage {
    /// What a slurmdbd.conf of ours says; none if it is none.
    pub fn read(conf: &str) -> Option<Storage> {
        let of = |name: &str| {
            let value = conf.lines().find_map(|line| line.strip_prefix(name))?;
            Some(value.trim_matches('"').to_owned())
        };
        Some(Storage {
            host: of("StorageHost=")?,
            port: of("StoragePort=").and_then(|port| port.parse().ok()),
            user: of("StorageUser=")?,
            password: of("StoragePass=").map(Zeroizing::new),
            ssl_ca: of("StorageParameters=")
                .and_then(|all| Some(all.strip_prefix(STORAGE_SSL_CA)?.into())),
        })
    }

    /// slurmdbd's StorageParameters.
    pub fn parameters(&self) -> Option<String> {
        let file = self.ssl_ca.as_deref().map(Path::display)?;
        Some(format!("{STORAGE_SSL_CA}{file}"))
    }

    /// Fails where the certificates cannot be read, as they are when the server starts.
    pub fn check_files(&self) -> Result<(), String> {
        let Some(file) = &self.ssl_ca else {
            return Ok(());
        };
        let text = std::fs::read(file);
        let text = text.map_err(|error| format!("{SSL_CA} names {}: {error}", file.display()))?;
        let has_any = text
            .windows(CERTIFICATE.len())
            .any(|part| part == CERTIFICATE);
        match has_any {
            true => Ok(()),
            false => Err(format!(
                "{SSL_CA} names {}, which has no certificate; give a file in PEM form, with BEGIN CERTIFICATE",
                file.display()
            )),
        }
    }

    pub fn client(&self) -> Client {
        let mut login = vec![
            "--protocol=tcp".into(),
            format!("--host={}", self.host),
            format!("--user={}", self.user),
        ];
        login.extend(self.port.map(|port| format!("--port={port}")));
        // As slurmdbd does it: without a file it would come in by TLS with whoever answers, and slurmdbd not at all.
        login.extend(match &self.ssl_ca {
            Some(file) => vec![
                format!("--ssl-ca={}", file.display()),
                "--ssl-verify-server-cert".into(),
            ],
            None => vec!["--skip-ssl".into()],
        });
        Client {
            login,
            password: self.password.clone(),
            as_owner: None,
        }
    }
}

/// Without the password.
impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        write!(f, "mysql://{}@{host}", self.user)?;
        match self.port {
            Some(port) => write!(f, ":{port}/"),
            None => write!(f, "/"),
        }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, u16, String, Option<String>) {
        let storage: Storage = url.parse().unwrap();
        let password = storage.password.map(|password| password.to_string());
        (storage.host, storage.port.unwrap(), storage.user, password)
    }

    #[test]
    fn an_address_has_its_parts() {
        let of = |host: &str, port, user: &str, password: Option<&str>| {
            let password = password.map(str::to_owned);
            (host.to_owned(), port, user.to_owned(), password)
        };
        for (url, expected) in [
            (
                "mysql://slurm:pw@db.example.org:3307/",
                of("db.example.org", 3307, "slurm", Some("pw")),
            ),
            ("mariadb://slurm@db", of("db", 3306, "slurm", None)),
            (
                "mysql://a:b@localhost/",
                of("127.0.0.1", 3306, "a", Some("b")),
            ),
            ("mysql://a:b@[::1]:5/", of("::1", 5, "a", Some("b"))),
            ("mysql://a:b@[::1]", of("::1", 3306, "a", Some("b"))),
            (
                "mysql://a:p%40%2Fss w:rd/@h",
                of("h", 3306, "a", Some("p@/ss w:rd/")),
            ),
        ] {
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_in_words() {
        for (url, words) in [
            ("postgres://a:b@h/", "begin with mysql://"),
            ("mysql://h/", "no user"),
            ("mysql://:b@h/", "no user"),
            ("mysql://a:b@/", "no host"),
            ("mysql://a:b@h/slurm", "database of its own"),
            ("mysql://a:b@h:x/", "no number"),
            ("mysql://a:b@[::1/", "]"),
            ("mysql://a:b@[x]/", "IPv6"),
            ("mysql://a:b%23c@h/", "'#'"),
            ("mysql://a:b#c@h/", "'#'"),
            ("mysql://a:b\"c@h/", "'\"'"),
            ("mysql://a:b%0ac@h/", "'\\n'"),
            ("mysql://a:b@h/?ssl=1", "only ssl-ca"),
            ("mysql://a:b@h/?ssl-ca=ca.pem", "from / on"),
            ("mysql://a:b@h/?ssl-ca=/a,b", "commas"),
            ("mysql://a:b@h/?ssl-ca=/a&ssl-key=/b", "without commas, &"),
            ("mysql://a:b@h/?ssl-ca=/a%23", "'#'"),
            ("mysql://a\\:b@h/", "user has the character '\\\\'"),
            ("mysql://a:%ff@h/", "UTF-8"),
        ] {
            let refusal = url.parse::<Storage>().unwrap_err();
            assert!(refusal.contains(words), "{url}: {refusal}");
        }
    }

    #[test]
    fn certificates_are_looked_at_before_anybody_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a ca.pem");
        let url = format!("mysql://a:b@h/?ssl-ca={}", file.display());
        let storage: Storage = url.replace(' ', "%20").parse().unwrap();
        assert_eq!(storage.ssl_ca.as_ref(), Some(&file));
        assert_eq!(storage.to_string(), "mysql://a@h:3306/");
        let said = storage.check_files().unwrap_err();
        assert!(said.contains("No such file"), "{said}");
        std::fs::write(&file, "PRIVATE KEY").unwrap();
        let said = storage.check_files().unwrap_err();
        assert!(said.contains("BEGIN CERTIFICATE"), "{said}");
        std::fs::write(&file, CERTIFICATE).unwrap();
        storage.check_files().unwrap();
        let plain: Storage = "mysql://a:b@h/".parse().unwrap();
        plain.check_files().unwrap();
        assert_eq!(plain.parameters(), None);
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        let storage: Storage = "mysql://a:secret@[::1]:5/".parse().unwrap();
        assert_eq!(storage.to_string(), "mysql://a@[::1]:5/");
        assert!(!format!("{storage:?}").contains("secret"));
    }
}
