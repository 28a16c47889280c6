-- Values that senders write where they know nothing; rows that carry them are told, and never linked by.
create table reference.placeholder (
    kind text not null,
    value text not null,
    primary key (kind, value)
);

-- Reasons of adjustments (group, reason and remark codes), by the dates between which they may be used.
create table reference.adjustment_code (
    code_list text not null check (code_list in ('group', 'reason', 'remark')),
    code text not null,
    valid_from date not null,
    valid_to date,
    primary key (code_list, code, valid_from)
);

-- The loader may add rows and never remove them, except those of the file it is just taking in that
-- break a rule across columns: they go to quarantine before anybody can see them.
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
    return removed;
end;
$$;
revoke all on function ops.take_back(bigint, text, integer[]) from public;
grant execute on function ops.take_back(bigint, text, integer[]) to ${loader};
