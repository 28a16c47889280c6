-- No receipt may say "loaded" unless the stored rows say the same, at commit.
-- It runs as its owner: the loader cannot switch it off or look elsewhere.
create function ops.check_conservation() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    stored bigint;
    held bigint;
begin
    execute format(
        'select count(distinct record_no) from %I.%I where receipt_id = $1',
        'raw_' || new.payor_id,
        new.feed
    ) into stored using new.receipt_id;
    select count(distinct record_no) into held
    from ops.quarantine
    where receipt_id = new.receipt_id;
    if stored is distinct from new.accepted
        or held is distinct from new.quarantined
        or new.lines is distinct from
            new.header_lines + new.trailer_lines + new.blank_lines + new.accepted + new.quarantined
    then
        raise exception 'E-CONSERVATION receipt %: stored %, accepted %, held %, quarantined %, lines %',
            new.receipt_id, stored, new.accepted, held, new.quarantined, new.lines
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end;
$$;

create constraint trigger receipt_conservation
after insert or update on ops.receipt
deferrable initially deferred
for each row
when (new.state = 'loaded')
execute function ops.check_conservation();

-- What a loaded receipt says stays said.
create function ops.keep_loaded_receipt() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if old.state = 'loaded' then
        raise exception 'E-RECEIPT-FINAL receipt % is loaded and cannot change', old.receipt_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end;
$$;

create trigger receipt_final
before update on ops.receipt
for each row
execute function ops.keep_loaded_receipt();
