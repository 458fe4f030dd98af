//! The derived archive, read again as cloud-init would.

use serde_json::Value;

use super::super::{Archive, File, LIMIT, OwnParts, Part, SCRIPTS, compose, read};
use super::{guide, one, told};

fn own() -> OwnParts {
    OwnParts {
        files: vec![File {
            path: "/etc/openpcs/agent.json".into(),
            mode: "0600",
            content: b"{}".to_vec(),
        }],
        start: "#!/bin/sh\nsystemctl enable --now openpcs-agent\n".into(),
    }
}

/// The composed archive, and the files that its last cloud-config writes.
fn composed(customer: &Archive) -> (Archive, Vec<(String, String)>) {
    let archive = read(&compose(customer, &own()).unwrap()).unwrap();
    let config = archive.parts.iter().rev().find_map(|part| match part {
        Part::Kept { body, .. } => String::from_utf8(body.clone()).ok(),
        Part::Shell(_) => None,
    });
    let config = config.unwrap();
    let value: Value =
        serde_json::from_str(config.strip_prefix("#cloud-config\n").unwrap()).unwrap();
    assert_eq!(value["merge_how"][0]["settings"][0], "append");
    let files = value["write_files"].as_array().unwrap().iter();
    let files = files.map(|file| {
        let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
        (text("path"), text("content"))
    });
    (archive.clone(), files.collect())
}

#[test]
fn without_the_customers_there_are_the_services_own_parts() {
    let (archive, files) = composed(&Archive::default());
    let told = told(&archive);
    assert_eq!(told.len(), 2);
    assert!(
        told[0].starts_with("cloud-config: #cloud-config"),
        "{told:?}"
    );
    assert_eq!(
        told[1],
        "shell: #!/bin/sh … systemctl enable --now openpcs-agent"
    );
    assert_eq!(files, [("/etc/openpcs/agent.json".into(), "{}".into())]);
}

#[test]
fn cloud_config_stays_and_comes_first_and_scripts_become_files_in_order() {
    let text = [guide::HOME, guide::VARIABLES].map(|text| read(text.as_bytes()).unwrap());
    let [home, variables] = text;
    let second = Part::Shell(b"date \xff\n".to_vec());
    let parts = [&variables.parts[..], &home.parts[..], &[second]].concat();
    let (archive, files) = composed(&Archive { parts });
    assert_eq!(archive.parts[0], home.parts[0], "untouched");
    assert_eq!(archive.parts.len(), 3);
    assert!(one(&archive.parts[1]).starts_with("cloud-config: #cloud-config"));
    assert!(one(&archive.parts[2]).starts_with("shell: #!/bin/sh"));
    let Part::Shell(script) = &variables.parts[0] else {
        panic!("a script")
    };
    let script = String::from_utf8(script.clone()).unwrap();
    assert_eq!(files[1], (format!("{SCRIPTS}/001"), script));
    // Bytes that are no text go as base64.
    assert_eq!(files[2], (format!("{SCRIPTS}/002"), "ZGF0ZSD/Cg==".into()));
}

#[test]
fn every_example_of_the_guide_is_composed_and_the_same_each_time() {
    for example in guide::ALL {
        let archive = read(example.as_bytes()).unwrap();
        let text = compose(&archive, &own()).unwrap();
        assert_eq!(text, compose(&archive, &own()).unwrap());
        assert!(text.starts_with(b"MIME-Version: 1.0\n"));
        let kept = |part: &&Part| matches!(part, Part::Kept { .. });
        let count = archive.parts.iter().filter(kept).count();
        let again = read(&text).unwrap();
        let first: Vec<&Part> = again.parts.iter().take(count).collect();
        assert_eq!(first, archive.parts.iter().filter(kept).collect::<Vec<_>>());
    }
}

#[test]
fn a_part_that_has_our_boundary_does_not_break_the_archive() {
    let inner = compose(&Archive::default(), &own()).unwrap();
    let part = Part::Kept {
        head: b"Content-Type: text/x-other".to_vec(),
        body: inner.clone(),
    };
    let (archive, _) = composed(&Archive {
        parts: vec![part.clone()],
    });
    assert_eq!(archive.parts[0], part);
    assert_eq!(archive.parts.len(), 3);
}

#[test]
fn what_is_too_long_is_compressed_and_what_is_still_too_long_is_refused_with_the_numbers() {
    let script = |text: String| Archive {
        parts: vec![Part::Shell(text.into_bytes())],
    };
    let regular = script("echo the same again\n".repeat(2_000));
    let text = compose(&regular, &own()).unwrap();
    assert!(text.starts_with(&[0x1f, 0x8b]) && text.len() < LIMIT);
    assert_eq!(text, compose(&regular, &own()).unwrap(), "no time in it");
    assert_eq!(read(&text).unwrap().parts.len(), 2);
    // What cannot be compressed.
    let mut state = 1_u64;
    let random = (0..40_000).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'!' + ((state >> 33) % 90) as u8)
    });
    let refusal = compose(&script(random.collect()), &own()).unwrap_err();
    assert!(refusal.reason.contains("EC2 takes 16384"), "{refusal}");
    assert!(refusal.reason.contains("compressed"), "{refusal}");
}
