-- What the page says about how the members were chosen.
alter table ops.payor
add column sample_note text check (length(sample_note) between 1 and 300);
