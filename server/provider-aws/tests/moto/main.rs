//! The calls against an EC2 that answers: `moto_server`, behind a door that loses answers when it is told to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where it does not get what it needs"
)]

mod canned;
mod counting;
mod denied;
mod ec2;
mod fleet_answers;
mod health;
mod ill;
mod killed;
mod launch_template;
mod lossy;
mod offers;
mod policy;
mod provider;
mod public_image;
mod reserved;
mod secrets;
mod topology;
