-- What is old is forgotten by its time alone, whatever it was about.
create index event_by_age on event (at);
