//! What a button sends: one press, one request. Pressed again after a failure it sends the same client token, so that
//! a request that did arrive is not carried out twice.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::session::{Session, use_session};
use crate::browser;
use crate::model::error::{Error, ErrorKind, Result};
use crate::ui::{Flash, Link, Tone};

/// ```ignore
/// let submission = Submission::new();
/// let delete = move || submission.send(delete_queue(input.clone()), move |_| open.set(false));
/// <Button busy=submission.busy on_press=delete … />
/// <Refused submission title=t.x.not_deleted />
/// ```
#[derive(Clone, Copy)]
pub struct Submission {
    pub busy: RwSignal<bool>,
    pub error: RwSignal<Option<Error>>,
    /// What was sent last, and its token.
    token: StoredValue<(String, String)>,
    session: Session,
}

impl Submission {
    /// While a component is built.
    pub fn new() -> Submission {
        Submission {
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
            token: StoredValue::default(),
            session: use_session(),
        }
    }

    /// The client token of a request: the same while the request (its JSON, say) is the same.
    pub fn token(self, request: &str) -> String {
        let known = self
            .token
            .with_value(|(last, token)| (last == request).then(|| token.clone()));
        known.unwrap_or_else(|| {
            let token = browser::token();
            self.token.set_value((request.to_owned(), token.clone()));
            token
        })
    }

    /// Sends once; presses until the answer do nothing. The error stays in `error` until the next press.
    pub fn send<T: 'static>(
        self,
        request: impl Future<Output = Result<T>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = request.await;
            // The page may have gone meanwhile: hence every `try_`.
            self.busy.try_set(false);
            match answer {
                Ok(answer) => done(answer),
                Err(error) if error.is_not_signed_in() => self.session.ended(),
                Err(error) => {
                    self.error.try_set(Some(error));
                }
            }
        });
    }
}

/// Member path and message of each wrong field; nothing for another error.
pub fn field_errors(error: &Error) -> Vec<(String, String)> {
    match &error.kind {
        ErrorKind::Validation { fields, .. } => fields
            .iter()
            .map(|field| (field.name.clone(), field.message.clone()))
            .collect(),
        _ => vec![],
    }
}

/// The refusal of a submission, while there is one.
#[component]
pub fn Refused(
    submission: Submission,
    #[prop(into)] title: String,
    /// Ways to what stands in the way.
    #[prop(optional, into)]
    links: Signal<Vec<Link>>,
) -> impl IntoView {
    move || {
        submission.error.get().map(|error| {
            view! {
                <Flash tone=Tone::Danger title=title.clone() code=error.code() message=error.message links=links.get() />
            }
        })
    }
}
