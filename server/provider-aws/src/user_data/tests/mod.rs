//! What people write is read, and what is composed of it says the same in the order that is promised.

pub(crate) mod guide;

mod composed;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Archive, Part, read};

/// Each part as `kind: first line … last line`.
fn told(archive: &Archive) -> Vec<String> {
    archive.parts.iter().map(one).collect()
}

fn one(part: &Part) -> String {
    let (kind, body) = match part {
        Part::Shell(script) => ("shell".to_owned(), script),
        Part::Kept { head, body } => {
            let head = String::from_utf8_lossy(head).into_owned();
            let kind = head.split(['/', ';', '\n', '\r']).nth(1).unwrap_or("none");
            (kind.to_owned(), body)
        }
    };
    let body = String::from_utf8_lossy(body);
    let lines: Vec<&str> = body.trim().lines().map(str::trim).collect();
    let (first, last) = (lines.first().unwrap(), lines.last().unwrap());
    format!("{kind}: {first} … {last}")
}

fn parts(text: &str) -> Vec<String> {
    told(&read(text.as_bytes()).unwrap())
}

#[test]
fn the_guides_examples_are_read_as_printed() {
    use guide::*;
    assert_eq!(parts(PACKAGES), ["cloud-config: packages: … - golang"]);
    let bucket = ["cloud-config: runcmd: … - /usr/bin/shell /tmp/script.sh"];
    assert_eq!(parts(BUCKET), bucket);
    let variables =
        "shell: #!/bin/bash … echo MY_GLOBAL_VAR2=abc >> /etc/profile.d/awspcs-userdata-vars.sh";
    assert_eq!(parts(VARIABLES), [variables]);
    assert_eq!(
        parts(HOME),
        ["cloud-config: packages: … - rm -rf /tmp/home/"]
    );
    assert_eq!(
        parts(EFS),
        ["cloud-config: packages: … - mount -a -t efs defaults"]
    );
    let described = [
        "cloud-config: packages: [a] … packages: [a]",
        "shell: echo b … echo b",
    ];
    assert_eq!(parts(DESCRIBED), described);
    for example in ALL {
        let told = parts(example);
        assert!(!told.is_empty(), "{example}");
        assert!(
            !told.iter().any(|part| part.contains("BOUNDARY")),
            "{told:?}"
        );
        let dos = example.replace('\n', "\r\n");
        assert_eq!(parts(&dos), told, "with line breaks of Windows");
        assert_eq!(parts(&STANDARD.encode(example)), told, "as EC2 has it");
        let twice = STANDARD.encode(STANDARD.encode(example));
        assert_eq!(
            parts(&twice),
            told,
            "encoded by its author, and once more by the CLI"
        );
        let packed = super::unwrap::unwrap(&gzip(example.as_bytes())).unwrap();
        assert_eq!(packed, example.as_bytes());
        assert_eq!(told, parts(&STANDARD.encode(gzip(example.as_bytes()))));
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_is_no_archive_is_refused_with_reason_and_remedy() {
    for (text, reason) in [
        (
            "#!/bin/bash\nyum install -y gcc",
            "it begins with `#!/bin/bash`",
        ),
        (
            "#cloud-config\npackages: [gcc]",
            "it begins with `#cloud-config`",
        ),
        (
            "Content-Type: text/x-shellscript\n\n#!/bin/sh",
            "It is `text/x-shellscript`",
        ),
        (
            "Content-Type: multipart/mixed\n\n--B\n",
            "has no `boundary`",
        ),
        (
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"one\"\n\n--two\n\nx\n--two--\n",
            "No part of the archive begins with the line `--one`",
        ),
        (guide::OF_TEMPLATE, "it begins with `{`"),
        ("\u{1f}\u{1b}[2Jx", "it begins with `[2Jx`"),
    ] {
        let refusal = read(text.as_bytes()).unwrap_err();
        assert!(refusal.reason.contains(reason), "{text}: {refusal}");
        assert_eq!(refusal.field, "LaunchTemplateData.UserData");
        assert!(refusal.remedy.contains("cloud-init devel make-mime"));
    }
    let broken = [&gzip(b"MIME-Version: 1.0")[..12], b"?"].concat();
    let refusal = read(&broken).unwrap_err();
    assert!(refusal.reason.contains("cannot be unpacked"), "{refusal}");
    let bomb = gzip(&vec![b'a'; 3 << 20]);
    let refusal = read(&bomb).unwrap_err();
    assert!(
        refusal.reason.contains("more than 1048576 bytes"),
        "{refusal}"
    );
}

#[test]
fn no_user_data_is_an_archive_without_parts() {
    for text in [
        "",
        " \n",
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
    ] {
        assert_eq!(read(text.as_bytes()), Ok(Archive::default()), "{text:?}");
    }
}

#[test]
fn a_part_is_what_cloud_init_would_take_it_for() {
    let archive = |part: &str| {
        format!(
            "Content-Type: multipart/mixed;\n boundary=B12\nMIME-Version: 1.0\n\n--B12\n{part}\n--B12--\n"
        )
    };
    let encoded = STANDARD.encode("#!/bin/sh\ndate");
    let cases = [
        (
            "Content-Type: text/x-shellscript\n\n#!/bin/sh\ndate",
            "shell: #!/bin/sh … date",
        ),
        (
            "Content-Type: text/x-shellscript\n\n\n\n#!/bin/sh\ndate",
            "shell: #!/bin/sh … date",
        ),
        (
            "Content-Type: text/x-shellscript\n\n#cloud-config\na: b",
            "x-shellscript: #cloud-config … a: b",
        ),
        (
            "Content-Type: text/plain\n\n#!/bin/sh\ndate",
            "shell: #!/bin/sh … date",
        ),
        ("\n#!/bin/sh\ndate", "shell: #!/bin/sh … date"),
        ("\n#cloud-config\na: b", "none: #cloud-config … a: b"),
        (
            "\nContent-Type: text/cloud-config\n\na: b",
            "cloud-config: a: b … a: b",
        ),
        (
            "Content-Type: text/cloud-boothook\n\n#!/bin/sh\ndate",
            "cloud-boothook: #!/bin/sh … date",
        ),
        (
            "Content-Type: text/x-include-url\n\nhttps://a/b",
            "x-include-url: https://a/b … https://a/b",
        ),
        (
            "Content-Type: text/x-shellscript-per-boot\n\n#!/bin/sh",
            "x-shellscript-per-boot: #!/bin/sh … #!/bin/sh",
        ),
        (
            "Content-Type: text/jinja2\n\n## template: jinja\n#!/bin/sh",
            "jinja2: ## template: jinja … #!/bin/sh",
        ),
    ];
    for (part, expected) in cases {
        assert_eq!(parts(&archive(part)), [expected], "{part}");
    }
    let part = format!(
        "Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n{encoded}\n"
    );
    assert_eq!(parts(&archive(&part)), ["shell: #!/bin/sh … date"]);
    let odd = "Content-Type: text/x-shellscript\nContent-Transfer-Encoding: quoted-printable\n\n#!/bin/sh=0A";
    let refusal = read(archive(odd).as_bytes()).unwrap_err();
    assert!(refusal.reason.contains("`quoted-printable`"), "{refusal}");
    // Another encoding is cloud-init's matter where the part is.
    let kept =
        "Content-Type: text/cloud-config\nContent-Transfer-Encoding: quoted-printable\n\na: =62";
    assert_eq!(parts(&archive(kept)), ["cloud-config: a: =62 … a: =62"]);
}

#[test]
fn an_archive_within_an_archive_is_its_parts() {
    let text = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"outer\"\n\nnobody's\n--outer\n\
        Content-Type: multipart/mixed; boundary=\"inner\"\n\n--inner\nContent-Type: text/x-shellscript\n\none\n--inner\n\
        Content-Type: text/x-shellscript\n\ntwo\n--inner--\n--outer\nContent-Type: text/x-shellscript\n\nthree\n\
        --outer--\nnobody's\n";
    assert_eq!(
        parts(text),
        [
            "shell: one … one",
            "shell: two … two",
            "shell: three … three"
        ]
    );
}

#[test]
fn a_line_of_a_script_is_no_boundary() {
    // Of AWS's own examples for other services.
    let slashes = "Content-Type: multipart/mixed; boundary=\"//\"\nMIME-Version: 1.0\n\n--//\n\
        Content-Type: text/x-shellscript\n\n// not a boundary\n//\n--//--\n";
    assert_eq!(parts(slashes), ["shell: // not a boundary … //"]);
    let named = "Content-Type: multipart/mixed; boundary=\"END\"\n\n--END\nContent-Type: text/x-shellscript\n\n\
        cat <<END\nx\nEND\ndate\n--END--\n";
    assert_eq!(parts(named), ["shell: cat <<END … date"]);
}
