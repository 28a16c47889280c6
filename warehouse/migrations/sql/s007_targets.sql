-- One file may fill several raw tables, and may hold records that are known and say nothing to store.
-- `targets` is a comma-separated text: dbt's unit tests cannot build a receipt that has an array.
alter table ops.receipt
add column targets text,
add column skipped bigint not null default 0;

create or replace function ops.check_conservation() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    stored bigint;
    held bigint;
    target text;
    parts text[] := '{}';
begin
    foreach target in array string_to_array(coalesce(new.targets, new.feed), ',') loop
        parts := parts || format(
            'select record_no from %I.%I where receipt_id = $1',
            'raw_' || new.payor_id,
            target
        );
    end loop;
    execute format(
        'select count(distinct record_no) from (%s) as stored',
        array_to_string(parts, ' union all ')
    ) into stored using new.receipt_id;
    select count(distinct record_no) into held
    from ops.quarantine
    where receipt_id = new.receipt_id;
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
