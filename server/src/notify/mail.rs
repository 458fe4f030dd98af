//! One message by SMTP. Header values are encoded by `lettre`, which takes none with a line end in it.

use std::error::Error as _;

use app::model::notification::{Content, MailSecurity};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio_rustls::rustls;

use super::guard::{Guard, first_open};
use super::{PATIENCE, Target, message};

pub async fn send(guard: Guard, to: &Target, id: &str, content: &Content) -> Result<(), String> {
    let settings = &to.settings;
    let letter = letter(to, id, content)?;
    let addresses = guard.resolve(&settings.host, settings.port).await?;
    let is_here = addresses
        .iter()
        .all(|one| one.ip().to_canonical().is_loopback());
    let tls = match settings.security {
        MailSecurity::Tls => Tls::Wrapper(tls(&settings.host)?),
        MailSecurity::Starttls => Tls::Required(tls(&settings.host)?),
        MailSecurity::None if is_here => Tls::None,
        MailSecurity::None => {
            return Err("Only this host is sent mail in the clear: choose STARTTLS or TLS.".into());
        }
    };
    // The very address that the guard has seen: a second look-up could find another one.
    let address = first_open(&settings.host, &addresses).await?;
    let mut server =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
            .port(settings.port)
            .timeout(Some(PATIENCE))
            .tls(tls);
    if !settings.user.is_empty() {
        let password = to.secret.to_string();
        server = server.credentials(Credentials::new(settings.user.clone(), password));
    }
    let sent = server.build().send(letter).await;
    sent.map(drop).map_err(|error| words(&error))
}

fn tls(host: &str) -> Result<TlsParameters, String> {
    TlsParameters::new(host.to_owned())
        .map_err(|_| format!("{host} is no name that a certificate can have."))
}

/// Of what the mail server said its code alone.
fn words(error: &smtp::Error) -> String {
    match (error.status(), tls_fault(error)) {
        (Some(code), _) => format!("The mail server answered {code}."),
        (None, Some(fault)) => format!("There is no TLS with the mail server: {fault}."),
        (None, None) if error.is_tls() => "There is no TLS with the mail server.".to_owned(),
        (None, None) if error.is_timeout() => "The mail server did not answer in time.".to_owned(),
        (None, None) => "There is no connection to the mail server.".to_owned(),
    }
}

/// `lettre` takes it for a connection that failed.
fn tls_fault(error: &smtp::Error) -> Option<&rustls::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref().and_then(std::io::Error::get_ref);
        let fault = inner.and_then(|inner| inner.downcast_ref());
        if fault.is_some() {
            return fault;
        }
        cause = error.source();
    }
    None
}

fn letter(to: &Target, id: &str, content: &Content) -> Result<Message, String> {
    let mailbox = |text: &String| {
        let address = text.parse::<Address>();
        let address = address.map_err(|_| "An address of the channel is none.".to_owned())?;
        Ok::<Mailbox, String>(Mailbox::new(None, address))
    };
    let sender = mailbox(&to.settings.sender)?;
    let message_id = format!("<{id}@{}>", sender.email.domain());
    let mut letter = Message::builder()
        .from(sender)
        .subject(message::subject(content))
        .message_id(Some(message_id))
        .header(ContentType::TEXT_PLAIN);
    for recipient in &to.settings.recipients {
        letter = letter.to(mailbox(recipient)?);
    }
    let letter = letter.body(message::plain(content));
    letter.map_err(|_| "The channel has no recipient.".to_owned())
}

#[cfg(test)]
mod tests {
    use app::model::notification::ChannelSettings;

    use super::*;

    #[test]
    fn a_name_of_a_job_makes_no_header() {
        let to = Target {
            settings: ChannelSettings {
                sender: "openpcs@example.com".into(),
                recipients: vec!["ops@example.com".into()],
                ..Default::default()
            },
            secret: String::new().into(),
        };
        for name in [
            "a\r\nBcc: x@example.com",
            "a\nBcc: x",
            "a\rBcc: x",
            "a\0b",
            "a\u{2028}Bcc: x",
        ] {
            let content = Content {
                cluster_name: name.into(),
                text: format!("Job {name}"),
                ..Default::default()
            };
            let letter = letter(&to, "id", &content).unwrap().formatted();
            let letter = String::from_utf8(letter).unwrap();
            let (head, _) = letter.split_once("\r\n\r\n").unwrap();
            assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        }
        let mut wrong = to;
        wrong.settings.recipients = vec!["a@b\r\nBcc: c@d".into()];
        assert!(letter(&wrong, "id", &Content::default()).is_err());
    }
}
