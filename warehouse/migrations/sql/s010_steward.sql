-- A file may be held: nothing of it enters until a steward says so. What a steward does is kept.
alter table ops.receipt
drop constraint receipt_state_check,
add constraint receipt_state_check check (
    state in ('received', 'loaded', 'refused', 'duplicate', 'held')
),
-- what the load learned of the file: codes of warnings, contract columns in its header, persons of
-- an eligibility file, median amount and over how many amounts
add column warnings text,
add column header_columns text,
add column members bigint,
add column median_amount numeric,
add column amounts integer,
-- what its name said: digests of it and of it without digits, under the payor's own salt
add column name_digest text,
add column series_digest text,
add column file_date date,
add column file_sequence integer,
-- handed over rather than found in landing
add column by_hand boolean not null default false,
-- what a steward decided: codes that were overruled, and whether the file replaces an earlier one
add column admitted text,
add column admitted_as text check (admitted_as in ('add', 'replace')),
add column earlier_receipt bigint references ops.receipt;

alter table ops.payor
add column deliveries jsonb not null default '{}';

create table vault.name_salt (
    payor_id text primary key references ops.payor,
    salt uuid not null default gen_random_uuid()
);

-- Stored records that no figure may use any more; the rows themselves stay in raw.
-- A whole file is the range from 0 to the largest integer.
create table ops.withdrawn (
    payor_id text not null references ops.payor,
    receipt_id bigint not null references ops.receipt,
    first_record integer not null,
    last_record integer not null check (last_record >= first_record),
    primary key (receipt_id, first_record, last_record)
);

create table ops.steward_action (
    action_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    receipt_id bigint not null references ops.receipt,
    record_no integer,
    action text not null check (action in ('release', 'replay', 'withdraw', 'restore')),
    detail text not null default '',
    reason text not null check (length(btrim(reason)) between 1 and 500),
    actor text not null,
    acted_at timestamptz not null,
    row_hash text not null default ''
);

create function ops.steward_hash(previous text, entry ops.steward_action) returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select encode(sha256(convert_to(concat_ws(
        e'\x1f', previous, entry.action_id, entry.payor_id, entry.receipt_id,
        coalesce(entry.record_no::text, ''), entry.action, entry.detail, entry.reason, entry.actor,
        extract(epoch from entry.acted_at)
    ), 'UTF8')), 'hex');
$$;

-- Each entry carries the digest of the one before it: an edit, a gap or a swap shows.
create function ops.chain_steward_action() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    previous text;
begin
    perform pg_advisory_xact_lock(hashtextextended('steward/' || new.payor_id, 0));
    select a.row_hash into previous
    from ops.steward_action as a
    where a.payor_id = new.payor_id
    order by a.action_id desc
    limit 1;
    new.row_hash := ops.steward_hash(coalesce(previous, ''), new);
    return new;
end;
$$;

create trigger steward_action_chain
before insert on ops.steward_action
for each row
execute function ops.chain_steward_action();

create function ops.keep_steward_action() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'E-AUDIT-FINAL what a steward did cannot change'
        using errcode = 'integrity_constraint_violation';
end;
$$;

create trigger steward_action_final
before update or delete on ops.steward_action
for each row
execute function ops.keep_steward_action();

-- Entries whose digest does not follow from the entry before them.
create view ops.steward_chain_broken as
select a.action_id, a.payor_id
from (
    select
        s.*,
        lag(s.row_hash, 1, '') over (partition by s.payor_id order by s.action_id) as previous
    from ops.steward_action as s
) as a
inner join ops.steward_action as s on a.action_id = s.action_id
where a.row_hash is distinct from ops.steward_hash(a.previous, s);

-- Rows that left the quarantine, and marks of withdrawn rows, are no rows held back.
create function ops.records_held(receipt ops.receipt) returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select count(distinct q.record_no)
    from ops.quarantine as q
    where q.receipt_id = receipt.receipt_id and q.state = 'quarantined';
$$;

-- ops.records_stored counts the source records that are stored: s016, which knows where large files lie.
create or replace function ops.check_conservation() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    stored bigint := ops.records_stored(new);
    held bigint := ops.records_held(new);
begin
    if stored is distinct from new.accepted
        or held is distinct from new.quarantined
        or new.lines is distinct from
            new.header_lines + new.trailer_lines + new.blank_lines
            + new.skipped + new.accepted + new.quarantined
    then
        raise exception 'E-CONSERVATION receipt %: stored %, accepted %, held %, quarantined %, lines %',
            new.receipt_id, stored, new.accepted, held, new.quarantined, new.lines
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end;
$$;

-- What a loaded receipt says stays said; a replay may only move rows from quarantined to taken in.
create or replace function ops.keep_loaded_receipt() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- a generated column has no value yet before an update
    moved text[] := array[
        'accepted', 'quarantined', 'skipped', 'control_total', 'targets', 'file_alias'
    ];
begin
    if old.state = 'loaded' and (
        to_jsonb(new) - moved is distinct from to_jsonb(old) - moved
        or new.accepted < old.accepted
        or new.skipped < old.skipped
    )
    then
        raise exception 'E-RECEIPT-FINAL receipt % is loaded and cannot change', old.receipt_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end;
$$;

grant select, insert on ops.withdrawn, ops.steward_action, vault.name_salt to ${loader};
grant delete on ops.withdrawn to ${loader};
grant select on ops.withdrawn, ops.steward_action
to ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};
grant select on ops.steward_chain_broken to ${loader}, ${publisher}, ${reporter};
