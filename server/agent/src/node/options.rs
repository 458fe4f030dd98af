//! What the role `node` is told on its command line.

use std::path::PathBuf;

/// Where things are, unless told otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// `--file`: what the instance's user data says.
    pub file: PathBuf,
    /// `--run-dir`: for the cluster's key, gone with a reboot.
    pub run_dir: PathBuf,
    /// `--state-dir`: for what is to outlive a reboot.
    pub state_dir: PathBuf,
    /// `--log-dir`
    pub log_dir: PathBuf,
    /// `--scripts-dir`: the customer's scripts.
    pub scripts_dir: PathBuf,
    /// `--hosts-file`
    pub hosts_file: PathBuf,
    /// `--power-off`: the host when the node ends by itself.
    pub power_off: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            file: "/etc/openpcs/node.json".into(),
            run_dir: "/run/openpcs".into(),
            state_dir: "/var/lib/openpcs".into(),
            log_dir: "/var/log/openpcs".into(),
            scripts_dir: "/var/lib/openpcs/user-data".into(),
            hosts_file: "/etc/hosts".into(),
            power_off: false,
        }
    }
}

impl Options {
    /// None when they make no sense.
    pub fn parse(words: &[&str]) -> Option<Options> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let place = match *word {
                "--power-off" => {
                    options.power_off = true;
                    continue;
                }
                "--file" => &mut options.file,
                "--run-dir" => &mut options.run_dir,
                "--state-dir" => &mut options.state_dir,
                "--log-dir" => &mut options.log_dir,
                "--scripts-dir" => &mut options.scripts_dir,
                "--hosts-file" => &mut options.hosts_file,
                _ => return None,
            };
            *place = words.next()?.into();
        }
        Some(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_apart() {
        assert_eq!(Options::parse(&[]), Some(Options::default()));
        let options = Options::parse(&["--power-off", "--file", "/f"]).unwrap();
        assert!(options.power_off && options.file == std::path::Path::new("/f"));
        assert_eq!(Options::parse(&["--file"]), None);
        assert_eq!(Options::parse(&["--what", "/f"]), None);
    }
}
