//! The program as whoever calls it by hand sees it.

use std::process::Command;

#[test]
fn it_says_how_it_is_called() {
    let answer = Command::new(env!("CARGO_BIN_EXE_openpcs-agent")).output();
    let answer = answer.expect("the program runs");
    let text = String::from_utf8_lossy(&answer.stderr);
    assert!(!answer.status.success());
    assert!(text.contains("usage: openpcs-agent"), "{text}");
}
