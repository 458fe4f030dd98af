//! The doors.

pub mod console;
pub mod events;
pub mod lockout;
pub mod origin;
pub mod session;
pub mod session_store;
