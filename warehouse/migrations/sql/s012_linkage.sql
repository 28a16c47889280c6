-- How sure a link must be; terms of the payor (`linkage:` in its file).
alter table ops.payor
add column link_upper numeric(8, 6) not null default 0.995 check (link_upper between 0.5 and 1),
add column link_lower numeric(8, 6) not null default 0.05 check (link_lower between 0 and link_upper),
add column link_margin numeric(8, 4) not null default 10 check (link_margin >= 0);

-- Who a row is about, in the sender's words. Written with the row's load, read by the linker only.
-- source_key: what names the row there, the consultation or the member id.
create table vault.identity (
    payor_id text not null references ops.payor,
    feed text not null,
    receipt_id bigint not null references ops.receipt,
    record_no integer not null,
    expansion_no smallint not null,
    source_key text not null,
    version_order integer not null,
    member_id text,
    first_name text,
    middle_name text,
    last_name text,
    name_suffix text,
    birth_date date,
    gender text,
    social_security_number text,
    address text,
    city text,
    zip_code text,
    phone text,
    email text,
    medicare_number text,
    card_number text,
    medical_record_number text,
    primary key (receipt_id, feed, record_no, expansion_no)
);
create index identity_by_key on vault.identity (payor_id, feed, source_key);

-- What a steward has withdrawn identifies nobody any more.
create view vault.kept_identity as
select i.*
from vault.identity as i
where not exists (
    select 1
    from ops.withdrawn as w
    where w.receipt_id = i.receipt_id and i.record_no between w.first_record and w.last_record
);

-- The loader may add rows and never remove them, except those of the file it is just taking in that
-- break a rule across columns: they go to quarantine before anybody can see them, and take their
-- identifiers with them.
create function ops.take_back(receipt bigint, feed text, records integer[]) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    payor text;
    removed bigint;
begin
    select r.payor_id into payor
    from ops.receipt as r
    where r.receipt_id = receipt and r.state = 'received'
    for update;
    if payor is null then
        raise exception 'E-RECEIPT-FINAL receipt % is not being loaded', receipt
            using errcode = 'integrity_constraint_violation';
    end if;
    execute format(
        'delete from %I.%I where receipt_id = $1 and record_no = any ($2)', 'raw_' || payor, feed
    ) using receipt, records;
    get diagnostics removed = row_count;
    delete from vault.identity as i
    where i.receipt_id = $1 and i.feed = $2 and i.record_no = any ($3);
    return removed;
end;
$$;
revoke all on function ops.take_back(bigint, text, integer[]) from public;
grant execute on function ops.take_back(bigint, text, integer[]) to ${loader};

-- What a steward said about a record and a person; the newest word on a pair counts.
-- person_key null: the record is none of the payor's members.
create table vault.link_decision (
    decision_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    source text not null,
    source_key text not null,
    person_key uuid,
    verdict text not null check (verdict in ('accept', 'reject')),
    decided_by text not null check (length(decided_by) between 1 and 100),
    recorded_at timestamptz not null default now(),
    check (person_key is not null or verdict = 'reject')
);
create index link_decision_by_key on vault.link_decision (payor_id, source, source_key);

-- Where each record stands; a changed verdict is a new row that supersedes the old one.
create table vault.link (
    link_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    source text not null,
    source_key text not null,
    status text not null check (status in ('linked', 'review', 'unlinked')),
    person_key uuid,
    method text not null check (method in ('auto', 'steward', 'exact')),
    reason text not null,
    weight numeric(10, 4),
    probability numeric(10, 8),
    model_version text not null,
    decided_as_of date not null,
    is_superseded boolean not null default false,
    check ((status = 'linked') = (person_key is not null))
);
create unique index link_current on vault.link (payor_id, source, source_key) where not is_superseded;

-- The persons a record in review may be, best first.
create table vault.link_candidate (
    payor_id text not null references ops.payor,
    source text not null,
    source_key text not null,
    person_key uuid not null,
    candidate_no integer not null,
    weight numeric(10, 4) not null,
    probability numeric(10, 8) not null,
    agreement text not null,
    primary key (payor_id, source, source_key, person_key)
);

-- Every look a person takes at identifiers.
create table vault.access (
    access_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    verb text not null,
    accessed_by text not null,
    rows_shown bigint not null,
    recorded_at timestamptz not null default now()
);

-- What the linkage of a payor amounts to; counts only, one row whenever it was worked out anew.
create table ops.linkage (
    payor_id text not null references ops.payor,
    run_epoch bigint not null,
    as_of date not null,
    fingerprint text not null,
    links_hash text not null,
    model_version text not null,
    is_learned boolean not null,
    upper_threshold numeric(8, 6) not null,
    lower_threshold numeric(8, 6) not null,
    margin numeric(8, 4) not null,
    consultations bigint not null,
    linked_exact bigint not null,
    linked_auto bigint not null,
    linked_steward bigint not null,
    in_review bigint not null,
    unlinked bigint not null,
    without_identifiers bigint not null,
    estimated_precision numeric(10, 8),
    estimated_recall numeric(10, 8),
    primary key (payor_id, run_epoch)
);

grant usage on schema ops, vault to ${linker};
grant select on ops.payor, ops.run, ops.receipt to ${linker};
grant select, insert, update on ops.linkage to ${linker};
grant insert on ops.change to ${linker};
grant select on vault.person, vault.kept_identity to ${linker};
grant select on ops.withdrawn to ${linker};
grant select, insert on vault.link_decision, vault.access to ${linker};
grant select, insert on vault.link to ${linker};
grant update (is_superseded) on vault.link to ${linker};
grant select, insert, delete on vault.link_candidate to ${linker};

grant insert on vault.identity to ${loader};
grant select (payor_id, source, source_key, status, person_key, is_superseded) on vault.link
to ${transformer};
grant select on ops.linkage to ${publisher}, ${reporter}, ${gatekeeper}, ${transformer};

create policy linker on ops.payor for select to ${linker} using (true);
create policy linker on ops.run for select to ${linker} using (true);

alter table ops.linkage enable row level security;
alter table ops.linkage force row level security;
create policy pipeline on ops.linkage
to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter}, ${linker}, current_user
using (true) with check (true);
create policy tenant on ops.linkage for select to ${bi} using (
    payor_id in (select l.payor_id from ops.bi_login as l where l.role_name = current_user)
);
grant select on ops.linkage to ${bi};

-- Live, like the other views of health.
create view bi.mart_linkage_health with (security_invoker = true) as
with

readable as (
    select payor_id
    from ops.bi_login
    where role_name = current_user
),

newest as (
    select distinct on (payor_id) *
    from ops.linkage
    order by payor_id, run_epoch desc
)

select
    n.payor_id,
    n.as_of,
    n.run_epoch,
    n.consultations,
    n.linked_exact,
    n.linked_auto,
    n.linked_steward,
    n.in_review,
    n.unlinked,
    n.without_identifiers,
    n.estimated_precision,
    n.estimated_recall,
    n.upper_threshold,
    n.lower_threshold,
    n.margin,
    n.model_version,
    n.is_learned
from newest as n
inner join readable as r on n.payor_id = r.payor_id;

grant select on bi.mart_linkage_health to ${bi}, ${reporter};
