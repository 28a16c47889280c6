-- What each release opened and closed, relation by relation. The rows themselves are in `mart`:
-- opened by release R: released_from = R; closed by it: released_to = R.
create table ops.restatement (
    payor_id text not null references ops.payor,
    release_id bigint not null references ops.release,
    relation text not null,
    rows_opened bigint not null,
    rows_closed bigint not null,
    primary key (release_id, relation)
);
grant select, insert on ops.restatement to ${publisher};
grant select on ops.restatement to ${reporter};
