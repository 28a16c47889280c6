-- A large file is stored in a table of its own, a part, that inherits from the feed's raw table:
-- only the file's columns, no keys while rows come in. The functions run as the owner, for the loader.
create function ops.open_part(payor text, feed text, receipt bigint, names text[]) returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    part text := format('%s_part_%s', feed, receipt);
    columns text;
begin
    if not exists (
        select from ops.receipt as r
        where r.receipt_id = receipt and r.payor_id = payor and r.feed = open_part.feed
            and r.state = 'received'
    ) then
        raise exception 'E-PART receipt % is not waiting', receipt
            using errcode = 'integrity_constraint_violation';
    end if;
    select string_agg(
        format(
            '%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then ' not null' else '' end
        ),
        ', ' order by named.ordinality
    )
    into columns
    from unnest(names) with ordinality as named (name, ordinality)
    inner join pg_attribute as a
        on a.attname = named.name and a.attrelid = format('%I.%I', 'raw_' || payor, feed)::regclass;
    execute format('create table %I.%I (%s)', 'raw_' || payor, part, columns);
    return part;
end;
$$;

-- Columns that are the same in every row, or empty, are added once for all rows: nothing is rewritten.
create function ops.close_part(payor text, feed text, receipt bigint) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    parent regclass := format('%I.%I', 'raw_' || payor, feed)::regclass;
    part text := format('%I.%I', 'raw_' || payor, format('%s_part_%s', feed, receipt));
    columns text;
begin
    select string_agg(
        format('add %I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
        order by a.attnum
    )
    into columns
    from pg_attribute as a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped
        and a.attname not in ('receipt_id', 'expansion_no')
        and not exists (
            select from pg_attribute as own
            where own.attrelid = part::regclass and own.attname = a.attname
        );
    execute format(
        'alter table %s add receipt_id bigint not null default %s, '
        'add expansion_no smallint not null default 1%s', part, receipt, coalesce(', ' || columns, '')
    );
    execute format('alter table %s inherit %s', part, parent);
    execute format('revoke insert on %s from ${loader}', part);
end;
$$;

-- Parts of a payor that have no keys yet: no night reads them before `finish_part` has run.
create view ops.unfinished_part as
select
    substr(n.nspname, 5) as payor_id,
    parent.relname::text as feed,
    part.relname::text as part
from pg_inherits as i
inner join pg_class as part on part.oid = i.inhrelid
inner join pg_class as parent on parent.oid = i.inhparent
inner join pg_namespace as n on n.oid = part.relnamespace
where n.nspname like 'raw\_%' and not part.relhasindex;

-- The keys of the feed's raw table on one part; the unique one proves that no record is there twice.
create function ops.finish_part(payor text, feed text, part text) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    parent regclass := format('%I.%I', 'raw_' || payor, feed)::regclass;
    definition text;
begin
    perform 1 from pg_inherits
    where inhparent = parent and inhrelid = format('%I.%I', 'raw_' || payor, part)::regclass;
    if not found then
        raise exception 'E-PART % is no part of %', part, feed
            using errcode = 'integrity_constraint_violation';
    end if;
    for definition in
        select pg_get_indexdef(indexrelid) from pg_index where indrelid = parent order by indexrelid
    loop
        execute regexp_replace(
            definition, '^(create (?:unique )?index) \S+ on \S+',
            format('\1 on %I.%I', 'raw_' || payor, part), 'i'
        );
    end loop;
    execute format('analyze %I.%I', 'raw_' || payor, part);
end;
$$;

-- A read by key looks into every part: once there are more than eight, the five smallest become one.
create function ops.merge_parts(payor text, feed text) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    parent regclass := format('%I.%I', 'raw_' || payor, feed)::regclass;
    parts regclass[];
    part regclass;
    merged text;
    columns text;
    added bigint;
    total bigint := 0;
    counted bigint;
begin
    select array_agg(i.inhrelid::regclass order by pg_relation_size(i.inhrelid), i.inhrelid)
    into parts
    from pg_inherits as i
    where i.inhparent = parent;
    if coalesce(cardinality(parts), 0) <= 8 then
        return 0;
    end if;
    parts := parts[:5];
    merged := format('%s_merged_%s', feed, parts[5]::oid);
    execute format('create table %I.%I (like %s)', 'raw_' || payor, merged, parent);
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    into columns
    from pg_attribute as a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped;
    foreach part in array parts loop
        execute format(
            'insert into %I.%I (%s) select %s from %s', 'raw_' || payor, merged, columns, columns, part
        );
        get diagnostics added = row_count;
        total := total + added;
        execute format('drop table %s', part);
    end loop;
    execute format('alter table %I.%I inherit %s', 'raw_' || payor, merged, parent);
    execute format('revoke insert on %I.%I from ${loader}', 'raw_' || payor, merged);
    perform ops.finish_part(payor, feed, merged);
    execute format('select count(*) from %I.%I', 'raw_' || payor, merged) into counted;
    if counted <> total then
        raise exception 'E-PART merged % of % rows', counted, total
            using errcode = 'integrity_constraint_violation';
    end if;
    return cardinality(parts);
end;
$$;

-- Source records of a receipt that are stored. Each row of a part is a record, and that none is there
-- twice is proved by the key the part gets before it is read: counting them needs no sort.
create function ops.records_stored(receipt ops.receipt) returns bigint
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    stored bigint;
    target text;
    tables text[] := '{}';
    part text := format('%I.%I', 'raw_' || receipt.payor_id, format('%s_part_%s', receipt.feed, receipt.receipt_id));
begin
    if to_regclass(part) is not null then
        -- rows that a replay added later are in the raw table itself
        execute format(
            'select (select count(*) from %s) + '
            '(select count(distinct record_no) from only %I.%I where receipt_id = $1)',
            part, 'raw_' || receipt.payor_id, receipt.feed
        ) into stored using receipt.receipt_id;
        return stored;
    end if;
    foreach target in array string_to_array(coalesce(receipt.targets, receipt.feed), ',') loop
        tables := tables || format(
            'select record_no from %I.%I where receipt_id = $1',
            'raw_' || receipt.payor_id,
            target
        );
    end loop;
    execute format(
        'select count(distinct record_no) from (%s) as stored',
        array_to_string(tables, ' union all ')
    ) into stored using receipt.receipt_id;
    return stored;
end;
$$;

revoke execute on function ops.open_part, ops.close_part, ops.finish_part, ops.merge_parts from public;
grant execute on function ops.open_part, ops.close_part, ops.finish_part, ops.merge_parts to ${loader};
grant select on ops.unfinished_part to ${loader};
