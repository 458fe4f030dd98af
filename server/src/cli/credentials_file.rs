//! The AWS shared credentials file: what of it this program writes and reads.

use zeroize::Zeroizing;

use crate::auth::password::NewAccessKey;

/// The profile's name in files that this program writes.
pub const PROFILE: &str = "openpcs";

/// One profile.
pub struct Profile {
    pub access_key_id: String,
    pub secret: Zeroizing<String>,
    pub region: Option<String>,
}

impl Profile {
    pub fn of(key: &NewAccessKey, region: Option<&str>) -> Profile {
        Profile {
            access_key_id: key.id.clone(),
            secret: key.secret.clone(),
            region: region.map(str::to_owned),
        }
    }

    /// The file's text with this one profile.
    pub fn to_text(&self) -> Zeroizing<String> {
        let region = self.region.as_ref().map(|r| format!("region = {r}\n"));
        Zeroizing::new(format!(
            "[{PROFILE}]\naws_access_key_id = {}\naws_secret_access_key = {}\n{}",
            self.access_key_id,
            *self.secret,
            region.unwrap_or_default()
        ))
    }

    /// The profile of that name, if the text has it with a key and a secret.
    pub fn find(text: &str, name: &str) -> Option<Profile> {
        let header = format!("[{name}]");
        let settings: Vec<(&str, &str)> = text
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != header)
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
        let setting = |name: &str| {
            let found = settings.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Some(Profile {
            access_key_id: setting("aws_access_key_id")?,
            secret: Zeroizing::new(setting("aws_secret_access_key")?),
            region: setting("region"),
        })
    }
}

/// The text without the profile of that name.
pub fn without(text: &str, name: &str) -> Zeroizing<String> {
    let header = format!("[{name}]");
    let mut is_in = false;
    let mut rest = Zeroizing::new(String::new());
    for line in text.lines() {
        if line.trim_start().starts_with('[') {
            is_in = line.trim() == header;
        }
        if !is_in {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password::new_access_key;

    #[test]
    fn what_is_written_can_be_read() {
        let key = new_access_key();
        let text = Profile::of(&key, Some("eu-west-1")).to_text();
        let found = Profile::find(&text, PROFILE).unwrap();
        assert_eq!(found.access_key_id, key.id);
        assert_eq!(*found.secret, *key.secret);
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn a_profile_goes_and_others_stay() {
        let text = "[a]\nx = 1\n\n[b]\nx = 2\n[c]\nx = 3\n";
        assert_eq!(*without(text, "b"), "[a]\nx = 1\n\n[c]\nx = 3\n");
        assert_eq!(*without(text, "d"), text);
        let only = Profile::of(&new_access_key(), Some("eu-west-1")).to_text();
        assert!(without(&only, PROFILE).is_empty());
    }

    #[test]
    fn other_profiles_are_passed_over() {
        let text =
            "[a]\naws_access_key_id=1\n\n[b]\naws_access_key_id = 2\naws_secret_access_key = x=y\n";
        assert!(Profile::find(text, "a").is_none());
        assert_eq!(*Profile::find(text, "b").unwrap().secret, "x=y");
        assert!(Profile::find(text, "c").is_none());
    }
}
