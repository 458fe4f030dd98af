//! A stream of its own for what one page follows: it ends with the page. On the server there is none.

/// Open as long as it lives.
pub struct Stream {
    #[cfg(feature = "hydrate")]
    source: web_sys::EventSource,
    #[cfg(feature = "hydrate")]
    _handlers: [wasm_bindgen::closure::Closure<dyn Fn(web_sys::Event)>; 2],
}

#[cfg(feature = "hydrate")]
mod browser {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{Event, EventSource, MessageEvent};

    use super::Stream;

    impl Stream {
        /// Hands the data of each event of that name to `piece`, until the event `end` says that no more comes. When the
        /// connection breaks the browser opens it anew and goes on where it was.
        pub fn open(url: &str, name: &str, piece: impl Fn(String) + 'static) -> Option<Stream> {
            let source = EventSource::new(url).ok()?;
            let on_piece = Closure::<dyn Fn(Event)>::new(move |event: Event| {
                let message = event.dyn_ref::<MessageEvent>();
                if let Some(data) = message.and_then(|message| message.data().as_string()) {
                    piece(data);
                }
            });
            let ended = source.clone();
            let on_end = Closure::<dyn Fn(Event)>::new(move |_| ended.close());
            for (name, handler) in [(name, &on_piece), ("end", &on_end)] {
                let handler = handler.as_ref().unchecked_ref();
                let _ = source.add_event_listener_with_callback(name, handler);
            }
            Some(Stream {
                source,
                _handlers: [on_piece, on_end],
            })
        }
    }

    impl Drop for Stream {
        fn drop(&mut self) {
            self.source.close();
        }
    }
}

#[cfg(not(feature = "hydrate"))]
impl Stream {
    pub fn open(_: &str, _: &str, _: impl Fn(String) + 'static) -> Option<Stream> {
        None
    }
}
