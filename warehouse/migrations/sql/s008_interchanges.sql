-- A sender numbers interchanges once: what is loaded is remembered by a digest of sender and number.
create table ops.interchange (
    payor_id text not null references ops.payor,
    digest text not null,
    receipt_id bigint not null references ops.receipt,
    primary key (payor_id, digest)
);
grant select, insert on ops.interchange to ${loader};
